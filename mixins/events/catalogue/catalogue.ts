import type { EventContract } from "../contract";
import type { QueueSpec } from "../topology";
import { publishedOf, type JsonSchema } from "./published";

/** A queue and the events that are handled from it; what `consumer(…)` makes is one. */
export interface Listener {
	queue: QueueSpec;
	subscriptions: readonly { contract: EventContract }[];
}

/** Every event of a system, with who listens. The documents for listeners are made of it. */
export interface Catalogue {
	title: string;
	/** Of the system that is described, e.g. that of package.json. */
	version: string;
	description: string;
	events: readonly EventContract[];
	listeners: readonly Listener[];
}

/** `OrderConfirmed v1` */
export function nameOf({ type, version }: { type: string; version: number }): string {
	return `${type} v${version}`;
}

/** Who listens to an event, and whether it is one of several versions. */
export function listenersOf(catalogue: Catalogue, contract: EventContract): readonly Listener[] {
	return catalogue.listeners.filter(({ subscriptions }) =>
		subscriptions.some(({ contract: heard }) => isSame(heard, contract)),
	);
}

function isSame(one: EventContract, other: EventContract): boolean {
	return one.type === other.type && one.version === other.version;
}

/** What keeps the catalogue from being published, as sentences: something that listeners need is not said, or unclear. */
export function shortcomingsOf({ events, listeners }: Catalogue): string[] {
	const unlisted = listeners
		.flatMap(({ queue, subscriptions }) => subscriptions.map(({ contract }) => ({ queue, contract })))
		.filter(({ contract }) => !events.some((event) => isSame(event, contract)))
		.map(({ queue, contract }) => `${queue.name} listens to ${nameOf(contract)}, which is not in the catalogue`);
	return [
		...events.flatMap(unsaid),
		...events.flatMap((event, index) => ambiguities(event, events.slice(index + 1))),
		...unlisted,
	];
}

function unsaid(contract: EventContract): string[] {
	const fields = undescribed(publishedOf(contract).data, "data");
	return [
		...(contract.meaning ? [] : [`${nameOf(contract)} does not say what it means: give it a meaning`]),
		...fields.map((field) => `${nameOf(contract)} does not say what ${field} means: give it a .describe("…")`),
	];
}

function undescribed(schema: JsonSchema, path: string): string[] {
	const nested = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
		...(field.description ? [] : [`${path}.${name}`]),
		...undescribed(field, `${path}.${name}`),
	]);
	return schema.items ? [...nested, ...undescribed(schema.items, `${path}[]`)] : nested;
}

/** Two events must not be taken for each other, nor two versions of one be put into a queue that asked for the other. */
function ambiguities(contract: EventContract, others: readonly EventContract[]): string[] {
	const { type, exchange, routingKey } = contract;
	return others.flatMap((other) => {
		if (isSame(contract, other)) return [`${nameOf(contract)} is declared twice`];
		if (other.exchange !== exchange || other.routingKey !== routingKey) return [];
		const together = `${nameOf(contract)} and ${nameOf(other)} have the same routing key ${routingKey} on ${exchange}`;
		const why =
			other.type === type
				? "a consumer of the one alone would get the other too, and make dead letters of it"
				: "a consumer of the one would get the other too";
		return [`${together}: ${why}`];
	});
}
