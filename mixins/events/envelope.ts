import { z } from "zod";
import type { EventContract, EventData } from "./contract";

/** The body of every message: what happened, to what, and why. Field names are those on the wire. */
export interface Envelope<Data = unknown> {
	/** UUIDv7: unique, and sorts by the time it was made. */
	event_id: string;
	event_type: string;
	version: number;
	/** ISO 8601, UTC: when the fact was written, not when it was published. */
	timestamp: string;
	correlation_id: string;
	causation_id: string;
	aggregate_id: string;
	/** 1, 2, 3, … for each producer and aggregate, without a gap. */
	aggregate_version: number;
	producer: string;
	data: Data;
}

const envelope = z.object({
	event_id: z.uuid(),
	event_type: z.string().min(1).max(200),
	version: z.int().positive(),
	timestamp: z.iso.datetime(),
	correlation_id: z.string().max(200),
	causation_id: z.string().max(200),
	aggregate_id: z.string().min(1).max(200),
	aggregate_version: z.int().positive(),
	producer: z.string().min(1).max(200),
	data: z.unknown(),
});

/** The message is not an event that this consumer can understand; a later attempt would not either. */
export class UnreadableEventError extends Error {
	override readonly name = "UnreadableEventError";
	readonly code = "UNREADABLE_EVENT";

	constructor(problem: string) {
		super(`The message can't be understood: ${problem}`);
	}
}

/**
 * Reads a message's envelope, without looking at its data.
 * @throws {UnreadableEventError}
 */
export function readEnvelope(body: Buffer): Envelope {
	let json: unknown;
	try {
		json = JSON.parse(body.toString("utf8"));
	} catch (error) {
		throw new UnreadableEventError(`not JSON (${(error as Error).message.slice(0, 200)})`);
	}
	const checked = envelope.safeParse(json);
	if (!checked.success) throw new UnreadableEventError(z.prettifyError(checked.error).replaceAll("\n", " "));
	return checked.data;
}

/**
 * Reads the data of an event by its contract.
 * @throws {UnreadableEventError} for another type, another version, or data that the contract does not allow.
 */
export function readData<Schema extends EventData>(
	contract: EventContract<Schema>,
	received: Envelope,
): Envelope<z.output<Schema>> {
	if (received.version !== contract.version) {
		throw new UnreadableEventError(
			`${received.event_type} has version ${received.version}, known here is ${contract.version}`,
		);
	}
	const checked = contract.data.safeParse(received.data);
	if (!checked.success) {
		throw new UnreadableEventError(`${received.event_type}: ${z.prettifyError(checked.error).replaceAll("\n", " ")}`);
	}
	return { ...received, data: checked.data };
}
