import { z } from "zod";
import { inOneForm } from "../inbox/id";
import { problemsOf } from "./problems";
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

const name = z.string().min(1).max(200);

/** What every message is, as listeners read it. */
export const envelope = z.object({
	event_id: z.uuid().toLowerCase().describe("UUIDv7: unique, and the same at every delivery, retry and replay"),
	event_type: name.describe("What has happened, in the past tense"),
	version: z.int().positive().describe("Of the data's contract; another version is another contract"),
	timestamp: z.iso.datetime().describe("When it was written; ISO 8601, UTC"),
	correlation_id: z.string().max(200).describe("Shared by everything that follows from one request"),
	causation_id: z.string().max(200).describe("The event or request that directly led to it"),
	aggregate_id: name.overwrite(inOneForm).describe("What it happened to; events of one aggregate come in order"),
	aggregate_version: z.int().positive().describe("1, 2, 3, … for each producer and aggregate, without a gap"),
	producer: name.describe("The service that has published it"),
	data: z.unknown().describe("What the event says, by its contract"),
});

/** The message is not an event that this consumer can understand; a later attempt would not either. */
export class UnreadableEventError extends Error {
	override readonly name = "UnreadableEventError";
	readonly code = "UNREADABLE_EVENT";
}

/** Whether it has had its effect is not known any more. */
export class TooOldEventError extends UnreadableEventError {}

/** The type is known here, and this version of it is not. */
export class UnknownVersionError extends UnreadableEventError {}

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
	if (!checked.success) throw new UnreadableEventError(problemsOf(checked.error));
	return checked.data;
}

/**
 * Chooses, of the versions that a consumer lists, the one that was received.
 * @param listed contracts of the received type, one or more
 * @throws {UnknownVersionError} for every other version: what it means is not known here
 */
export function versionOf<Listed extends { contract: EventContract }>(
	listed: readonly Listed[],
	{ event_type, version }: Envelope,
): Listed {
	const found = listed.find(({ contract }) => contract.version === version);
	if (found) return found;
	const known = listed.map(({ contract }) => contract.version).toSorted((a, b) => a - b);
	throw new UnknownVersionError(
		`${event_type} has version ${version}, known here ${known.length === 1 ? "is" : "are"} ${known.join(" and ")}`,
	);
}

/**
 * Reads the data of an event by its contract.
 * @throws {UnreadableEventError} for another type, another version, or data that the contract does not allow.
 */
export function readData<Schema extends EventData>(
	contract: EventContract<Schema>,
	received: Envelope,
): Envelope<z.output<Schema>> {
	versionOf([{ contract }], received);
	const checked = contract.data.safeParse(received.data);
	if (!checked.success) {
		throw new UnreadableEventError(`${received.event_type}: ${problemsOf(checked.error)}`);
	}
	return { ...received, data: checked.data };
}
