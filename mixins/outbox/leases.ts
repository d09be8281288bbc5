import type { Database } from "../database/database";
import { sql } from "../database/statement";

/** A node that does not renew its leases for this long has lost them. */
const LEASE_MS = 3_000;
const NONE: readonly number[] = [];

/**
 * This relay's share of the partitions. Any number of relays share them: each counts who is alive, takes up to its
 * fair share of what is free or expired, and gives back what is more (after Gray and Cheriton, "Leases", 1989).
 */
export interface Leases {
	/** The partitions that may be relayed now, none once the clock has passed the leases: another list for each change. */
	mine(): readonly number[];
	/** Renews, gives back, takes. Call it about once a second. */
	renew(): Promise<void>;
	/** Gives all back, so that the others need not wait for the expiry. */
	release(): Promise<void>;
}

export function partitionLeases(db: Database, schema: string, owner: string): Leases {
	const statements = leaseStatements(schema);
	let held: readonly number[] = [];
	let heldUntilMs = 0;

	return {
		mine: () => (performance.now() < heldUntilMs ? held : NONE),
		async renew() {
			const askedAtMs = performance.now();
			held = await db.transaction(async (tx) => {
				const [alive] = await tx.query<{ relays: number }>(statements.beat, [owner, LEASE_MS]);
				const rows = await tx.query<{ partition: number }>(statements.share, [owner, LEASE_MS, alive!.relays]);
				return rows.map((row) => row.partition);
			});
			heldUntilMs = askedAtMs + LEASE_MS;
		},
		async release() {
			held = NONE;
			await db.transaction(async (tx) => {
				await tx.query(statements.free, [owner]);
				await tx.query(statements.leave, [owner]);
			});
		},
	};
}

function leaseStatements(schema: string) {
	return {
		beat: sql(
			`${schema}.outbox.beat`,
			`WITH me AS (
				INSERT INTO ${schema}.outbox_relays (owner, expires_at) VALUES ($1, now() + $2 * interval '1 millisecond')
				ON CONFLICT (owner) DO UPDATE SET expires_at = EXCLUDED.expires_at
			), gone AS (
				DELETE FROM ${schema}.outbox_relays WHERE expires_at < now() - interval '1 hour'
			)
			SELECT 1 + count(*)::int AS relays FROM ${schema}.outbox_relays WHERE owner <> $1 AND expires_at > now()`,
		),
		// Locking in the order of the partitions keeps two relays from waiting for each other.
		share: sql(
			`${schema}.outbox.share`,
			`WITH all_leases AS (
				SELECT partition, owner = $1 AND expires_at > now() AS mine, owner IS NULL OR expires_at <= now() AS free
				FROM ${schema}.outbox_leases ORDER BY partition FOR UPDATE
			), fair AS (
				SELECT ceil(count(*)::numeric / $3)::int AS share FROM all_leases
			), ranked AS (
				SELECT partition, mine, row_number() OVER (ORDER BY mine DESC, partition) AS place
				FROM all_leases WHERE coalesce(mine, false) OR free
			), surplus AS (
				UPDATE ${schema}.outbox_leases l SET owner = NULL, expires_at = NULL
				FROM ranked, fair WHERE l.partition = ranked.partition AND mine AND place > share
			), kept AS (
				UPDATE ${schema}.outbox_leases l
				SET owner = $1, expires_at = now() + $2 * interval '1 millisecond',
					epoch = CASE WHEN mine THEN epoch ELSE epoch + 1 END
				FROM ranked, fair WHERE l.partition = ranked.partition AND place <= share
				RETURNING l.partition
			)
			SELECT partition FROM kept`,
		),
		free: sql(
			`${schema}.outbox.free`,
			`UPDATE ${schema}.outbox_leases SET owner = NULL, expires_at = NULL WHERE owner = $1`,
		),
		leave: sql(`${schema}.outbox.leave`, `DELETE FROM ${schema}.outbox_relays WHERE owner = $1`),
	};
}
