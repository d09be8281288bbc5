import type { Upkeep } from "../database/database";
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
	/**
	 * Renews, gives back, takes, and looks what waits there. Call it about once a second.
	 * @param read up to which number each partition was read, from its beginning where it is not named
	 */
	renew(read?: ReadonlyMap<number, number>): Promise<Renewal>;
	/** Gives all back, so that the others need not wait for the expiry. */
	release(): Promise<void>;
}

export interface Renewal {
	/** Of the partitions that may be relayed now, those that were free before: others may have worked on them. */
	gained: readonly number[];
	/** Whether something is to be relayed that was not read. */
	isWaiting: boolean;
}

export function partitionLeases(db: Upkeep, schema: string, owner: string): Leases {
	const statements = leaseStatements(schema);
	let held: readonly number[] = [];
	let heldUntilMs = 0;

	return {
		mine: () => (performance.now() < heldUntilMs ? held : NONE),
		async renew(read = new Map()) {
			const askedAtMs = performance.now();
			const values = [owner, LEASE_MS, [...read.keys()], [...read.values()]];
			const rows = await db.query<ShareRow>(statements.share, values);
			held = rows.map((row) => row.partition);
			heldUntilMs = askedAtMs + LEASE_MS;
			return {
				gained: rows.filter((row) => row.gained).map((row) => row.partition),
				isWaiting: rows.some((row) => row.waits),
			};
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

interface ShareRow {
	partition: number;
	gained: boolean;
	waits: boolean;
}

function leaseStatements(schema: string) {
	return {
		// Nobody waits here: for another relay, which leaves what is over by the next time, or for a stranger who has locked
		// one of the rows, and by that would have all the others' leases run out. Who has its share locks nothing of what is
		// free: those that ask at the same moment would find it locked, again and again. What waits is told by the way, so
		// that a relay with nothing to do asks for nothing else.
		share: sql(
			`${schema}.outbox.share`,
			`WITH beat AS (
				INSERT INTO ${schema}.outbox_relays (owner, expires_at) VALUES ($1, now() + $2 * interval '1 millisecond')
				ON CONFLICT (owner) DO UPDATE SET expires_at = EXCLUDED.expires_at
			), gone AS (
				DELETE FROM ${schema}.outbox_relays WHERE expires_at < now() - interval '1 hour'
			), alive AS (
				SELECT 1 + count(*) AS relays FROM ${schema}.outbox_relays WHERE owner <> $1 AND expires_at > now()
			), fair AS (
				SELECT ceil(count(*)::numeric / (SELECT relays FROM alive))::int AS share FROM ${schema}.outbox_leases
			), own AS (
				SELECT partition FROM ${schema}.outbox_leases WHERE owner = $1 AND expires_at > now()
				ORDER BY partition FOR UPDATE SKIP LOCKED
			), ranked AS (
				SELECT partition, row_number() OVER (ORDER BY partition) AS place FROM own
			), taken AS (
				SELECT partition FROM ${schema}.outbox_leases WHERE owner IS NULL OR expires_at <= now()
				ORDER BY partition LIMIT (SELECT greatest(share - (SELECT count(*) FROM own), 0) FROM fair)
				FOR UPDATE SKIP LOCKED
			), surplus AS (
				UPDATE ${schema}.outbox_leases l SET owner = NULL, expires_at = NULL
				FROM ranked, fair WHERE l.partition = ranked.partition AND place > share
			), kept AS (
				UPDATE ${schema}.outbox_leases l
				SET owner = $1, expires_at = now() + $2 * interval '1 millisecond', epoch = epoch + gained::int
				FROM (
					SELECT partition, false AS gained FROM ranked, fair WHERE place <= share
					UNION ALL SELECT partition, true FROM taken
				) mine WHERE l.partition = mine.partition
				RETURNING l.partition, gained
			)
			SELECT partition, gained, EXISTS (
				SELECT FROM ${schema}.outbox waiting
				WHERE waiting.partition = kept.partition AND waiting.seq > coalesce(mark, 0) AND waiting.dead_at IS NULL
			) AS waits
			FROM kept LEFT JOIN unnest($3::smallint[], $4::bigint[]) AS read (partition, mark) USING (partition)`,
		),
		free: sql(
			`${schema}.outbox.free`,
			`UPDATE ${schema}.outbox_leases SET owner = NULL, expires_at = NULL WHERE owner = $1`,
		),
		leave: sql(`${schema}.outbox.leave`, `DELETE FROM ${schema}.outbox_relays WHERE owner = $1`),
	};
}
