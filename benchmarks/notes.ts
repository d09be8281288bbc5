import { z } from "zod";
import { event } from "../mixins/events/contract";
import { queueFor, type QueueSpec } from "../mixins/events/topology";
import { ask, makeSchemas } from "./schemas";

/** What is consumed: an event of about 400 bytes, as the shop's are. */
export const NoteTaken = event({
	type: "NoteTaken",
	exchange: "notes.events",
	routingKey: "note.taken",
	version: 1,
	aggregate: "noteId",
	data: z.object({ noteId: z.uuid(), takenBy: z.string().max(100), amount: z.int(), currency: z.string().length(3) }),
});

export const QUEUE = "reader.notes";

/** The queue, by what a measurement wants to try. */
export const queueOf = (prefetch?: number): QueueSpec =>
	queueFor(QUEUE, [NoteTaken], prefetch === undefined ? {} : { prefetch });

/** The one row that an event changes, and the memory of it: the same texts for the mixin and for plain `pg`. */
export const EFFECT = {
	name: "bench.effect",
	text: "INSERT INTO reader.notes (id, taken_by, amount) VALUES ($1, $2, $3)",
};

/** Makes a consumer's schema in an empty database. */
export async function prepareNotes(databaseUrl: string): Promise<void> {
	await makeSchemas(databaseUrl, "reader");
	await ask(
		databaseUrl,
		"CREATE TABLE reader.notes (id uuid PRIMARY KEY, taken_by text NOT NULL, amount bigint NOT NULL)",
	);
}

/** What a measurement answers. */
export interface Consumed {
	perSecond: number;
	/** Of this process, for each event, in microseconds. */
	cpuUs: number;
}

/** What this process has spent since `before`. */
export function cpuUsSince(before: NodeJS.CpuUsage): number {
	const { user, system } = process.cpuUsage(before);
	return user + system;
}
