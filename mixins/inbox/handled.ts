import type { Database } from "../database/database";
import { sql } from "../database/statement";
import { isUuid } from "./id";

/** Asks an inbox which of these events a consumer has handled. */
export type Handled = (db: Database, consumer: string, eventIds: readonly string[]) => Promise<Set<string>>;

/** For looking only: what is not handled yet may be a moment later. */
export function handledIn(schema: string): Handled {
	const handled = sql(
		`${schema}.inbox.handled`,
		`SELECT event_id FROM ${schema}.inbox WHERE consumer = $1 AND event_id = ANY ($2::uuid[])`,
	);
	return async (db, consumer, eventIds) => {
		const ids = eventIds.filter((id) => isUuid(id));
		if (ids.length === 0) return new Set();
		const rows = await db.query<{ event_id: string }>(handled, [consumer, ids]);
		return new Set(rows.map(({ event_id }) => event_id));
	};
}
