import { EXCHANGES, type HeardEvent } from "../../tests/support/auditor";
import { topology } from "../../services/topology";
import { onHost } from "../world/host";
import { randomOf } from "../world/random";
import type { World } from "../world/world";
import { endOf } from "../world/postgres/ids";
import { newClient, type Client } from "./client";
import type { Cluster, FaultSurroundings } from "./faults";
import { startShopNode, type ShopNode } from "./nodes";
import type { Program } from "./program";
import type { Plan } from "./plan";
import { ADMIN } from "./shoppers";
import { listenToTraffic, type Taking } from "./traffic";
import type { Stranger } from "./faults";

/** The shop with its nodes, and what is known of it from outside. */
export interface Stage {
	readonly plan: Plan;
	readonly world: World;
	readonly client: Client;
	/** Of those who have a console of the shop. */
	readonly operators: Client;
	readonly cluster: Cluster;
	/** Every event that RabbitMQ has taken, in its order, repetitions included. */
	readonly heard: readonly HeardEvent[];
	/** The same, with the queues that it was routed to, and what was sent into one queue alone. */
	readonly traffic: readonly Taking[];
	readonly surroundings: FaultSurroundings;
	/** Starts the nodes and fills the catalogue. @returns the products' ids. @throws what stands in the way */
	open(): Promise<string[]>;
}

const OPEN_MS_MAX = 60_000;
const START_AGAIN_MS = 1_000;
const ASK_AGAIN_MS = 100;

/** What the nodes of a simulation are started with. */
export interface Equipment {
	databaseUrl: string;
	program: Program;
	/** Another version of it. */
	otherProgram: Program | undefined;
}

export function newStage(plan: Plan, world: World, equipment: Equipment, stranger: Stranger): Stage {
	const { schedule, clock } = world;
	const { databaseUrl, program, otherProgram } = equipment;
	const start = (at: number): ShopNode => {
		const { isOther, ...its } = plan.nodes[at]!;
		const runs = isOther ? (otherProgram ?? program) : program;
		const options = { ...its, program: runs, databaseUrl, reservationTtlS: plan.reservationTtlS };
		return startShopNode(world, `n${at + 1}`, options, () => startAgain(at));
	};
	/** As an init system does it with a process that has ended by itself. */
	const startAgain = (at: number): void => {
		const ended = nodes[at];
		if (!ended) return;
		world.kill(ended.host);
		const again = (): void => {
			if (nodes[at] === ended) nodes[at] = start(at);
		};
		onHost(undefined, () => setTimeout(again, START_AGAIN_MS));
	};
	const heard = hear(world);
	const traffic = listenToTraffic(world);
	const nodes: ShopNode[] = [];
	const cluster: Cluster = {
		nodes,
		restart(number) {
			const at = number % nodes.length;
			world.kill(nodes[at]!.host);
			nodes[at] = start(at);
		},
	};
	const clientOf = (name: string): Client => {
		const random = randomOf(plan.seed).fork(name);
		const nowMs = (): number => clock.nowMs();
		return newClient({ schedule, nowMs, nodes: () => reachable(nodes), pick: (among) => random.pick(among) });
	};
	const client = clientOf("clients");

	return {
		plan,
		world,
		client,
		operators: clientOf("operators"),
		cluster,
		heard,
		traffic,
		surroundings: { world, cluster, stranger, queues: topology.queues.map(({ name }) => name) },
		async open() {
			for (const at of plan.nodes.keys()) nodes.push(start(at));
			await schedule.run(() => nodes.every(({ node, failure }) => node ?? failure), OPEN_MS_MAX);
			for (const { name, node, failure } of nodes)
				if (!node) throw new Error(`${name} did not start: ${String(failure)}`);
			const products = await stock(plan, world, client);
			schedule.note("THE SHOP OPENS");
			return products;
		},
	};
}

/** A load balancer sends a request to a node that is ready, or to any that is up where none is. */
function reachable(nodes: readonly ShopNode[]): readonly ShopNode[] {
	const up = nodes.filter(({ node, host }) => node && host.state !== "killed");
	const ready = up.filter(({ node }) => node!.missing().length === 0);
	return ready.length > 0 ? ready : up;
}

function hear({ rabbitmq, schedule }: World): HeardEvent[] {
	const heard: HeardEvent[] = [];
	rabbitmq.onTaken(({ exchange, routingKey, body: bytes, connection }) => {
		if (!EXCHANGES.includes(exchange)) return;
		const body = bytes.toString();
		const envelope = JSON.parse(body) as HeardEvent["envelope"];
		heard.push({ exchange, routingKey, body, envelope });
		const { event_type: type, aggregate_version: version, aggregate_id: id, event_id: event } = envelope;
		schedule.note(`    rabbitmq takes ${type} v${version} of ${id} (${endOf(event)}) from ${connection}`);
	});
	return heard;
}

async function stock({ products }: Plan, { schedule }: World, client: Client): Promise<string[]> {
	const ids: string[] = [];
	let made = 0;
	const make = (at: number): void => {
		const { price, stock: initialStock } = products[at]!;
		const params = { sku: `P${at}`, name: `Product ${at}`, price, initialStock };
		void client.ask(ADMIN, "products.create", params, 10_000).then((told) => {
			// A node that has just started may not have heard of those yet who have the products.
			if (told.kind === "unknown") return void setTimeout(make, ASK_AGAIN_MS, at);
			made++;
			if (told.kind === "done") ids[at] = (told.answer as { id: string }).id;
		});
	};
	for (const at of products.keys()) make(at);
	await schedule.run(() => made === products.length, OPEN_MS_MAX);
	if (ids.filter(Boolean).length < products.length) throw new Error("The products could not be made");
	return ids;
}
