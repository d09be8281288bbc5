import type { Database } from "../../database/database";
import { sql } from "../../database/statement";
import type { Position } from "./decide";

/** What a consumer keeps about its comparisons, in its own schema. */
/** A comparison that is made again and again. */
export interface Turn {
	/** The producer that is compared with, and in which pass: of one consumer no two have the same. */
	name: string;
	everyMs: number;
}

export interface Checks {
	/** Takes those comparisons for which it is time, and which no other node has taken. @returns where each goes on */
	claim(consumer: string, turns: readonly Turn[]): Promise<Map<string, Position>>;
	/** Everything up to there is done with. */
	advance(consumer: string, producer: string, until: Position): Promise<void>;
	/** What is known of these events. */
	known(consumer: string, eventIds: readonly string[]): Promise<{ handled: Set<string>; failing: Set<string> }>;
}

export function checksOf(db: Database, schema: string): Checks {
	// In one order on all nodes, whatever their releases: they lock each other's rows.
	// The first comparison only notes from when on it makes sense: the queue may be younger than the events.
	const claim = sql(
		`${schema}.missed.claim`,
		`INSERT INTO ${schema}.inbox_checks AS c (consumer, producer, published_at, event_id, due_at)
		SELECT $1, name, now(), '00000000-0000-0000-0000-000000000000', now()
		FROM unnest($2::text[]) AS name ORDER BY name
		ON CONFLICT (consumer, producer) DO UPDATE
			SET due_at = now() + ($3::int[])[array_position($2, c.producer)] * interval '1 millisecond'
			WHERE c.due_at <= now()
		RETURNING producer AS name, published_at::text AS "publishedAt", event_id AS "eventId"`,
	);
	const advance = sql(
		`${schema}.missed.advance`,
		`UPDATE ${schema}.inbox_checks SET published_at = $3, event_id = $4
		WHERE consumer = $1 AND producer = $2 AND (published_at, event_id) < ($3, $4)`,
	);
	const known = sql(
		`${schema}.missed.known`,
		`SELECT id, EXISTS (SELECT FROM ${schema}.inbox WHERE consumer = $1 AND event_id = id) AS handled,
			EXISTS (SELECT FROM ${schema}.inbox_failures WHERE consumer = $1 AND event_id = id) AS failing
		FROM unnest($2::uuid[]) AS id`,
	);

	return {
		async claim(consumer, turns) {
			const rows = await db.query<Position & { name: string }>(claim, [
				consumer,
				turns.map(({ name }) => name),
				turns.map(({ everyMs }) => everyMs),
			]);
			return new Map(rows.map(({ name, ...position }) => [name, position]));
		},
		async advance(consumer, producer, { publishedAt, eventId }) {
			await db.query(advance, [consumer, producer, publishedAt, eventId]);
		},
		async known(consumer, eventIds) {
			const rows = await db.query<{ id: string; handled: boolean; failing: boolean }>(known, [consumer, eventIds]);
			return {
				handled: new Set(rows.filter(({ handled }) => handled).map(({ id }) => id)),
				failing: new Set(rows.filter(({ failing }) => failing).map(({ id }) => id)),
			};
		},
	};
}
