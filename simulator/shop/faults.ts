import type { Cut } from "../world/network";
import { POSTGRES, RABBITMQ } from "../world/servers";
import type { World } from "../world/world";
import { onHost } from "../world/host";
import type { FaultKind, FaultPlan } from "./fault-plans";
import type { ShopNode } from "./nodes";
import { refuse, takeAgain } from "./refusing-books";

/** The nodes as they stand, by number; a restart puts another process in place. */
export interface Cluster {
	readonly nodes: ShopNode[];
	restart(node: number): void;
}

/** A fault that has begun. */
export interface Fault {
	readonly plan: FaultPlan;
	/** What it takes from the shop is there again. */
	end(): void;
}

/** What a stranger holds, beside the simulation. */
export interface Stranger {
	/** All rows of it, or one. */
	lock(table: string, nth?: number): Promise<void>;
	letGo(): Promise<void>;
}

export interface FaultSurroundings {
	world: World;
	cluster: Cluster;
	stranger: Stranger;
	/** Queues of the shop that consumers have. */
	queues: readonly string[];
}

const NOTHING = (): void => undefined;

/** Lets a fault begin. */
export function begin(plan: FaultPlan, { world, cluster, stranger, queues }: FaultSurroundings): Fault {
	const { rabbitmq, sessions, network } = world;
	const nodeOf = (number: number): ShopNode => cluster.nodes[number % cluster.nodes.length]!;
	const queueOf = (nth: number): string => queues[nth % queues.length]!;
	const fault = (end: () => void): Fault => ({ plan, end });
	const closeConnections = (number: number | undefined): void => {
		const name = number === undefined ? undefined : nodeOf(number).name;
		for (const each of rabbitmq.connections())
			if (name === undefined || each.name.startsWith(`${name} `)) rabbitmq.closeConnection(each.id);
	};
	world.schedule.note(`FAULT ${sentenceOf(plan, queues, cluster.nodes.length)}`);
	switch (plan.kind) {
		case "kill":
			world.kill(nodeOf(plan.node).host);
			return fault(() => cluster.restart(plan.node));
		case "stop": {
			const { host, node } = nodeOf(plan.node);
			if (host.state !== "running" || !node) return fault(NOTHING);
			onHost(host, () => {
				void node.stop().finally(() => onHost(undefined, () => world.kill(host)));
			});
			return fault(() => {
				// Whoever waits for it has no more patience.
				if (host.state !== "killed") world.kill(host);
				cluster.restart(plan.node);
			});
		}
		case "freeze": {
			const { host } = nodeOf(plan.node);
			if (host.state === "running") world.freeze(host);
			return fault(() => world.thaw(host));
		}
		case "cut off": {
			const { host } = nodeOf(plan.node);
			const servers = plan.from === "both" ? [POSTGRES, RABBITMQ] : [plan.from === "postgres" ? POSTGRES : RABBITMQ];
			const cuts: Cut[] = servers.map((server) => ({ host, server, way: plan.way }));
			for (const cut of cuts) network.cut(cut);
			return fault(() => {
				for (const cut of cuts) network.mend(cut);
				sessions.mended();
			});
		}
		case "lost connections": {
			const host = plan.node === undefined ? undefined : nodeOf(plan.node).host;
			world.loseStatements(host, plan.chance);
			return fault(() => world.loseStatements(undefined, 0));
		}
		case "clock step":
			nodeOf(plan.node).host.clockOffsetMs += plan.byMs;
			return fault(() => (nodeOf(plan.node).host.clockOffsetMs -= plan.byMs));
		case "rabbitmq closes connections":
			closeConnections(plan.node);
			return fault(NOTHING);
		case "rabbitmq closes what opens":
			world.closeOpened(plan.node === undefined ? undefined : nodeOf(plan.node).host, plan.chance);
			closeConnections(plan.node);
			return fault(() => world.closeOpened(undefined, 0));
		case "rabbitmq closes a channel": {
			const all = rabbitmq.connections().filter(({ channels }) => channels > 0);
			const chosen = all[plan.nth % Math.max(1, all.length)];
			if (chosen)
				rabbitmq.closeChannel(chosen.id, 1 + (plan.nth % chosen.channels), 406, "PRECONDITION_FAILED - timeout");
			return fault(NOTHING);
		}
		case "rabbitmq restarts":
			rabbitmq.stop();
			return fault(() => rabbitmq.start());
		case "rabbitmq alarm":
			rabbitmq.block("low on memory");
			return fault(() => rabbitmq.unblock());
		case "queue deleted":
			rabbitmq.deleteQueue(queueOf(plan.nth));
			return fault(NOTHING);
		case "retry queue deleted": {
			const all = rabbitmq.queues().filter(({ name }) => name.includes(".retry."));
			const used = all.filter(({ ready }) => ready > 0);
			const among = used.length > 0 ? used : all;
			const chosen = among[plan.nth % Math.max(1, among.length)];
			if (chosen) rabbitmq.deleteQueue(chosen.name);
			return fault(NOTHING);
		}
		case "bindings lost":
			rabbitmq.unbind(queueOf(plan.nth));
			return fault(NOTHING);
		case "queue silent":
			rabbitmq.silence(queueOf(plan.nth));
			return fault(() => rabbitmq.speak(queueOf(plan.nth)));
		case "postgres restarts":
			sessions.isDown = true;
			sessions.terminate(() => true);
			return fault(() => (sessions.isDown = false));
		case "postgres read-only":
			sessions.isReadOnly = true;
			sessions.terminate(() => true);
			return fault(() => {
				sessions.isReadOnly = false;
				sessions.terminate(() => true);
			});
		case "rows locked":
			world.aside(() => stranger.lock(plan.table, plan.nth));
			return fault(() => world.aside(() => stranger.letGo()));
		case "book refuses":
			world.aside(() => refuse(world.control, plan.what));
			return fault(() => world.aside(() => takeAgain(world.control, plan.what)));
	}
}

/** Faults of one of the queues that consumers have. */
const NAMED: ReadonlySet<FaultKind> = new Set(["queue deleted", "bindings lost", "queue silent"]);

/** For the story. */
export function sentenceOf(plan: FaultPlan, queues: readonly string[] = [], nodes = Infinity): string {
	const whose = "node" in plan ? (plan.node === undefined ? " of all nodes" : ` of n${(plan.node % nodes) + 1}`) : "";
	const which =
		"nth" in plan && plan.nth !== undefined && NAMED.has(plan.kind) && queues.length > 0
			? ` (${queues[plan.nth % queues.length]})`
			: "";
	return `${plan.kind}${whose}${howOf(plan)}${which}, for ${plan.forMs} ms`;
}

function howOf(plan: FaultPlan): string {
	switch (plan.kind) {
		case "cut off":
			return ` from ${plan.from}, ${plan.way} ways`;
		case "lost connections":
			return `, ${plan.chance * 100} % of the statements`;
		case "rabbitmq closes what opens":
			return `, ${plan.chance * 100} % of it`;
		case "clock step":
			return ` by ${plan.byMs} ms`;
		case "rows locked":
			return ` in ${plan.table}${plan.nth === undefined ? "" : ", one"}`;
		case "book refuses":
			return ` to ${plan.what}`;
		default:
			return "";
	}
}
