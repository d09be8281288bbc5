import { topology } from "../../services/topology";
import type { ShopNode } from "./nodes";
import type { Stage } from "./stage";

/** Ten in the pool, four of the sandbox provider's, and those that prove that the database can be written to. */
const SESSIONS_MAX = 17;
/** A whole node has about 55 at rest. */
const TIMERS_MAX = 150;
/** One to publish, one to consume, one for calls between nodes. */
const CONNECTIONS_MAX = 3;
/** A whole node has nine at rest. */
const CHANNELS_MAX = 10;

/** Nothing grows for ever: each node is up again, what it holds at rest is bounded, and of what is over no note is left. */
export async function grown(stage: Stage): Promise<string[]> {
	const { world, cluster } = stage;
	const notes = await world.control.query<Note>(NOTES);
	return [
		...notes.flatMap((note) => (isCommittedLate(note, world) ? [] : [note.fault])),
		...cluster.nodes.flatMap((each) => heldBy(each, world)),
		...leftByTheDead(world),
		...doubledConsumers(cluster.nodes, world),
		...goingInCircles(stage),
	];
}

/** Where each service's consumers keep what they have heard. */
const SCHEMAS = ["cart", "orders", "catalog"];

interface Note {
	schema: string;
	id: string;
	fault: string;
}

const NOTES = SCHEMAS.flatMap((schema) =>
	["inbox_failures", "inbox_suspects"].map(
		(
			table,
		) => `SELECT '${schema}' AS schema, event_id AS id, '${schema}.${table} has a note of ' || event_id || ', which ' || consumer || ' has handled' AS fault
			FROM ${schema}.${table} JOIN ${schema}.inbox USING (consumer, event_id)`,
	),
).join(" UNION ALL ");

/** Who had begun the event was killed, and another one was over with it when that note was committed: it goes after some days. */
function isCommittedLate({ schema, id }: Note, { schedule }: Stage["world"]): boolean {
	const end = ` ${schema}.suspects.begin [${id.slice(-4)}] alone: COMMIT`;
	return schedule.lines.some((line) => line.endsWith(end));
}

function heldBy({ name, host, node, failure }: ShopNode, { sessions, rabbitmq }: Stage["world"]): string[] {
	if (!node) return [`I9: ${name} is not up (${failure?.message ?? "it is starting"})`];
	const connections = rabbitmq.connections().filter((each) => each.name.startsWith(`${name} `));
	const held: readonly (readonly [count: number, most: number, what: string])[] = [
		[[...sessions.open].filter((session) => session.host === host).length, SESSIONS_MAX, "sessions of PostgreSQL"],
		[host.timers.size, TIMERS_MAX, "timers"],
		[connections.length, CONNECTIONS_MAX, "connections to RabbitMQ"],
		[connections.reduce((sum, { channels }) => sum + channels, 0), CHANNELS_MAX, "channels"],
	];
	return held.flatMap(([count, most, what]) =>
		count > most ? [`${name} holds ${count} ${what}, at rest it needs ${most} at the most`] : [],
	);
}

function leftByTheDead({ hosts, sessions }: Stage["world"]): string[] {
	const dead = new Set(hosts.filter(({ state }) => state === "killed"));
	const left = [...sessions.open].filter(({ host }) => host && dead.has(host));
	return left.map(({ no, host }) => `PostgreSQL keeps session ${no} of ${host!.name}, which was killed`);
}

/** Each time a connection was lost: three at the most in most plans, and five where one is closed after the other. */
const RETURNS_MAX = 6;

/** A dead letter comes back whenever an operator has read it: none asks for more than three things that do. */
const READINGS_MAX = 3;

/** What fails is tried again after a pause. */
function goingInCircles({ world: { rabbitmq }, plan }: Stage): string[] {
	const ofDeadLetters = RETURNS_MAX + READINGS_MAX * plan.operators.length;
	return rabbitmq.queues().flatMap(({ name, returns }) => {
		const most = name.endsWith(".dlq") ? ofDeadLetters : RETURNS_MAX;
		return returns > most ? [`a message came back into ${name} ${returns} times`] : [];
	});
}

/** A queue has one consumer of each node that runs its service. */
function doubledConsumers(nodes: readonly ShopNode[], { rabbitmq }: Stage["world"]): string[] {
	const known = new Set(topology.queues.map(({ name }) => name));
	return rabbitmq.queues().flatMap(({ name, consumers }) => {
		if (!known.has(name)) return [];
		const [service] = name.split(".");
		const most = nodes.filter(({ node }) => node?.settings.services.includes(service as never)).length;
		return consumers > most ? [`the queue ${name} has ${consumers} consumers on ${most} nodes`] : [];
	});
}
