import { z } from "zod";
import { problemsOf } from "./problems";

/** Business data of an event: a JSON object. */
export type EventData = z.ZodObject;

/** What is fixed about an event: where it is published, by which name, and what it carries. */
export interface EventDefinition<Schema extends EventData> {
	/** Name in the past tense, e.g. `OrderConfirmed`. */
	type: string;
	/** What has happened, in a sentence or two. With the fields' own `.describe()` it becomes the documents for listeners. */
	meaning?: string;
	/** Topic exchange, e.g. `orders.events`; the word before the dot is the producing service. */
	exchange: string;
	/** e.g. `order.confirmed` */
	routingKey: string;
	/**
	 * Grows when a field changes its meaning, is added as required, or goes; a new optional field keeps it. The new version
	 * is declared beside the old one, with a routing key of its own.
	 */
	version: number;
	data: Schema;
	/** Name of the data field that holds the aggregate's id; events of one aggregate stay in order. */
	aggregate: keyof z.output<Schema> & string;
}

/** A validated, frozen event that has not been published yet. */
export interface Fact<Data = unknown> {
	readonly contract: EventContract;
	readonly data: Readonly<Data>;
	readonly aggregateId: string;
}

/** An event's definition, callable to make a {@link Fact} of it. */
export interface EventContract<Schema extends EventData = EventData> extends Readonly<EventDefinition<Schema>> {
	/** @throws {InvalidEventError} when the data is not what the contract says: a mistake of the producer. */
	(data: z.input<Schema>): Fact<z.output<Schema>>;
	readonly producer: string;
}

/** The producer broke its own contract; trying again won't help. */
export class InvalidEventError extends Error {
	override readonly name = "InvalidEventError";

	constructor(type: string, problem: z.ZodError) {
		super(`${type} does not keep its contract: ${problemsOf(problem)}`);
	}
}

/**
 * Declares an event. The same definition validates what is published and types and validates what is consumed.
 * Unknown fields are dropped, so that a newer producer may add some.
 */
export function event<Schema extends EventData>(definition: EventDefinition<Schema>): EventContract<Schema> {
	const make = (data: z.input<Schema>): Fact<z.output<Schema>> => {
		const checked = definition.data.safeParse(data);
		if (!checked.success) throw new InvalidEventError(definition.type, checked.error);
		const aggregateId = String((checked.data as Record<string, unknown>)[definition.aggregate]);
		return Object.freeze({ contract, data: Object.freeze(checked.data), aggregateId });
	};
	const producer = definition.exchange.split(".")[0]!;
	const contract = Object.assign(make, definition, { producer }) as unknown as EventContract & EventContract<Schema>;
	return contract;
}
