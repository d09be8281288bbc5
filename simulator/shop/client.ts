import { problemOf } from "../../mixins/apollo/problems";
import type { ServiceBroker } from "moleculer";
import { onHost } from "../world/host";
import type { Schedule } from "../world/schedule";
import type { ShopNode } from "./nodes";

/** What somebody was told about a command. */
export type Told =
	| { kind: "done"; answer: unknown }
	/** It was refused for a reason of its own, and nothing of it is there. */
	| { kind: "refused"; code: string }
	/** It may be done or not: too late, or the node was in trouble. */
	| { kind: "unknown"; reason: string };

/** Who asks, as the gateway tells the services. */
export interface Who {
	id: string;
	/** A guest has no account yet: the id is that of who will sign in. */
	role: "CUSTOMER" | "ADMIN" | "GUEST";
}

/** One command, and what its client was told. The history of a simulation is made of these. */
export interface Command {
	readonly action: string;
	readonly params: Readonly<Record<string, unknown>>;
	readonly who: Who;
	readonly node: string;
	readonly sentMs: number;
	told: Told | undefined;
	toldMs: number | undefined;
}

/** Asks nodes as clients do: through whichever is there, for as long as their patience lasts. */
export interface Client {
	ask(who: Who, action: string, params: Record<string, unknown>, patienceMs: number): Promise<Told>;
	readonly history: readonly Command[];
}

export function newClient(options: {
	schedule: Schedule;
	nowMs: () => number;
	/** Nodes that a load balancer would send a request to. */
	nodes: () => readonly ShopNode[];
	pick: (nodes: readonly ShopNode[]) => ShopNode;
}): Client {
	const { schedule, nowMs, nodes, pick } = options;
	const history: Command[] = [];

	async function ask(who: Who, action: string, params: Record<string, unknown>, patienceMs: number): Promise<Told> {
		const ready = nodes();
		if (ready.length === 0) {
			await pause(500);
			return { kind: "unknown", reason: "no node is ready" };
		}
		const shopNode = pick(ready);
		const command: Command = {
			action,
			params,
			who,
			node: shopNode.name,
			sentMs: nowMs(),
			told: undefined,
			toldMs: undefined,
		};
		history.push(command);
		const told = await Promise.race([
			callOn(shopNode, command, schedule),
			pause(patienceMs).then((): Told => ({ kind: "unknown", reason: "no answer in time" })),
		]);
		command.told = told;
		command.toldMs = nowMs();
		schedule.note(`    ${nameOf(who)} is told of ${action}: ${told.kind} ${reasonOf(told)}`);
		return told;
	}

	return { ask, history };
}

/** A request arrives when the seed says, and its answer as well. */
function callOn({ host, node, name }: ShopNode, { action, params, who }: Command, schedule: Schedule): Promise<Told> {
	const { broker } = node!;
	return new Promise((resolve) => {
		schedule.offer(`${nameOf(who)} > ${name} ${action}`, host, () => {
			void called(broker, action, params, who).then((told) =>
				schedule.offer(`${name} > ${nameOf(who)} ${action}`, host, () => onHost(undefined, () => resolve(told))),
			);
		});
	});
}

/** What a client learns of it, as the gateway tells it. */
async function called(broker: ServiceBroker, action: string, params: object, who: Who): Promise<Told> {
	try {
		return {
			kind: "done",
			answer: await broker.call(action, params, { meta: who.role === "GUEST" ? {} : { caller: who } }),
		};
	} catch (error) {
		const { code, status, message } = problemOf(error);
		return status < 500 ? { kind: "refused", code } : { kind: "unknown", reason: `${status} ${code} ${message}` };
	}
}

/** Asks again after what may be done or not; a person with a browser does so for a minute or two. */
const TRIES_MAX = 30;

/** An operation that may be repeated is asked for until its client knows. */
export async function patiently(ask: () => Promise<Told>): Promise<Told> {
	for (let tries = 1; ; tries++) {
		const told = await ask();
		if (told.kind !== "unknown" || tries === TRIES_MAX) return told;
		await pause(Math.min(200 * 2 ** tries, 3_000));
	}
}

export function pause(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/** By the number at the end of the id: `shopper 1`. */
export function nameOf({ id, role }: Who): string {
	return role === "ADMIN" ? "clerk" : `shopper ${Number(id.slice(-12))}`;
}

function reasonOf(told: Told): string {
	if (told.kind === "refused") return told.code;
	if (told.kind === "done") return (told.answer as { id?: string } | null)?.id ?? "";
	return told.reason;
}
