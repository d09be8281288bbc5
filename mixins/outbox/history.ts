import { Errors } from "moleculer";
import type { Database } from "../database/database";
import { sql } from "../database/statement";
import type { Position, PublishedEvent } from "../events/missed/decide";
import type { EventTransport } from "../events/transport";
import { madeAt } from "../inbox/age";
import { messageOf, type OutboxRow } from "./row";

/** A row shows in the history when the statement that moved it has committed, which takes no longer than this. */
const SETTLED_MS = 10_000;

/** Longer than a commit stalls, for who goes on from there without looking back. */
const COMPLETE_MS = 300_000;

/** Far more than clocks differ. */
const CLOCKS_DIFFER_MS = 86_400_000;

/** What a service has published, for as long as it keeps it. */
export interface History {
	/** In the order of their publication; what was published in the last ten seconds is left out. */
	publishedSince(routingKeys: readonly string[], after: Position, limit: number): Promise<PublishedEvent[]>;
	/** A moment by the database's clock, so long ago and a while more: all that was published before it is in the history. */
	completeUntil(beforeMs: number): Promise<string>;
	/**
	 * Puts events into one queue once more, with their event_ids. Those that are not kept any more are left out.
	 * @returns how many the broker has confirmed
	 * @throws {NotPublishedAgainError} when it has not confirmed all of them
	 */
	publishAgain(eventIds: readonly string[], queue: string): Promise<number>;
}

/** The broker did not take them: ask again. */
export class NotPublishedAgainError extends Errors.MoleculerRetryableError {
	constructor(queue: string, count: number, reason: string) {
		super(`${count} events could not be put into ${queue} again: ${reason}`, 503, "NOT_PUBLISHED_AGAIN", { queue });
	}
}

/** A moment before all of them were published, however much the clocks of nodes and of the database differ. */
function madeBefore(eventIds: readonly string[]): Date {
	return new Date(Math.min(Date.now(), ...eventIds.map((id) => madeAt(id)?.getTime() ?? 0)) - CLOCKS_DIFFER_MS);
}

export function historyOf(db: Database, schema: string, producer: string, transport: EventTransport): History {
	// The plain comparison lets PostgreSQL pass over days; the other one decides within one microsecond.
	const since = sql(
		`${schema}.outbox.published_since`,
		`SELECT event_id AS "eventId", published_at::text AS "publishedAt",
			extract(epoch FROM clock_timestamp() - published_at)::float8 * 1000 AS "ageMs", exchange, routing_key AS "routingKey"
		FROM ${schema}.outbox_history
		WHERE published_at >= $2 AND (published_at, event_id) > ($2, $3) AND routing_key = ANY ($1)
			AND published_at < now() - $4 * interval '1 millisecond'
		ORDER BY published_at, event_id LIMIT $5`,
	);
	// By the time PostgreSQL passes over days.
	const find = sql(
		`${schema}.outbox.find_published`,
		`SELECT DISTINCT ON (event_id) event_id, event_type, version, exchange, routing_key, correlation_id, causation_id,
			aggregate_id, aggregate_version, data::text AS data, created_at
		FROM ${schema}.outbox_history WHERE event_id = ANY ($1::uuid[]) AND published_at > $2 ORDER BY event_id`,
	);

	const complete = sql(
		`${schema}.outbox.complete_until`,
		`SELECT (now() - $1 * interval '1 millisecond')::text AS moment`,
	);

	return {
		async completeUntil(beforeMs) {
			const [row] = await db.query<{ moment: string }>(complete, [beforeMs + COMPLETE_MS]);
			return row!.moment;
		},
		publishedSince: (routingKeys, { publishedAt, eventId }, limit) =>
			db.query<PublishedEvent>(since, [routingKeys, publishedAt, eventId, SETTLED_MS, limit]),
		async publishAgain(eventIds, queue) {
			const rows = await db.query<OutboxRow>(find, [eventIds, madeBefore(eventIds)]);
			const outcomes = await transport.publish(rows.map((row) => ({ ...messageOf(row, producer, true), queue })));
			const failed = outcomes.flatMap((outcome) => (outcome.confirmed ? [] : [outcome.reason]));
			if (failed.length > 0) throw new NotPublishedAgainError(queue, failed.length, failed[0]!);
			return rows.length;
		},
	};
}
