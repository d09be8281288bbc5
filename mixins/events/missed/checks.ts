import type { Database } from "../../database/database";
import { sql } from "../../database/statement";
import type { Position } from "./decide";

/** What a consumer keeps about its comparisons, in its own schema. */
export interface Checks {
	/** Takes the next comparison, if it is time for one and no other node has taken it. @returns where to go on */
	claim(consumer: string, producer: string, everyMs: number): Promise<Position | undefined>;
	/** Everything up to there is done with. */
	advance(consumer: string, producer: string, until: Position): Promise<void>;
	/** What is known of these events. */
	known(consumer: string, eventIds: readonly string[]): Promise<{ handled: Set<string>; failing: Set<string> }>;
}

export function checksOf(db: Database, schema: string): Checks {
	// The first comparison only notes from when on it makes sense: the queue may be younger than the events.
	const claim = sql(
		`${schema}.missed.claim`,
		`INSERT INTO ${schema}.inbox_checks AS c (consumer, producer, published_at, event_id, due_at)
		VALUES ($1, $2, now(), '00000000-0000-0000-0000-000000000000', now())
		ON CONFLICT (consumer, producer) DO UPDATE SET due_at = now() + $3 * interval '1 millisecond' WHERE c.due_at <= now()
		RETURNING published_at::text AS "publishedAt", event_id AS "eventId"`,
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
		async claim(consumer, producer, everyMs) {
			const [position] = await db.query<Position>(claim, [consumer, producer, everyMs]);
			return position;
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
