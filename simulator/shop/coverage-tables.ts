import type { Counts } from "../world/coverage";
import { count } from "../world/coverage";
import type { Control } from "../world/postgres/control";

/** A state of the shop's that is watched: what a row of a table says of itself. */
interface Watched {
	heading: string;
	table: string;
	/** In SQL, of a row `r`. */
	says: string;
	/** Only where this holds of OLD and NEW; otherwise where it says something else than before. */
	changes?: string;
	/** Where the states are listed that there are: a constraint of this column. */
	column?: string;
}

const PARTICIPANTS = ["catalog", "cart", "payments"];
const KEY_HOLDERS = ["catalog", "cart", "orders"];
const CONSUMERS = ["catalog", "cart", "orders"];
const PUBLISHERS = ["catalog", "cart", "orders", "payments"];

/** From somebody who has not let go. */
const TAKEN_OVER = "OLD.owner <> NEW.owner";

export const WATCHED: readonly Watched[] = [
	{ heading: "lease", table: "orders.saga_state", says: "'saga taken over'", changes: TAKEN_OVER },
	{ heading: "order", table: "orders.orders", says: "r.status", column: "status" },
	{ heading: "order's payment", table: "orders.orders", says: "r.payment_status", column: "payment_status" },
	{ heading: "saga", table: "orders.saga_state", says: "r.saga || ' ' || r.status", column: "status" },
	{ heading: "saga's step", table: "orders.saga_log", says: "concat_ws(' ', r.step || ':', r.direction, r.outcome)" },
	{ heading: "payment", table: "payments.payments", says: "r.status", column: "status" },
	{ heading: "provider's ledger", table: "sandbox_provider.ledger", says: "r.kind", column: "kind" },
	{ heading: "reservation", table: "catalog.reservations", says: "r.state", column: "state" },
	{ heading: "cart", table: "cart.carts", says: "r.status", column: "status" },
	...PARTICIPANTS.flatMap((schema) => [
		{
			heading: "participant",
			table: `${schema}.saga_state`,
			says: `concat_ws(' ', '${schema}', r.step, r.state)`,
		},
		{
			heading: "participant's answer",
			table: `${schema}.saga_log`,
			says: `concat_ws(' ', '${schema}', r.step, r.direction, r.outcome)`,
		},
	]),
	...KEY_HOLDERS.map((schema) => ({
		heading: "idempotency key",
		table: `${schema}.idempotency_keys`,
		says: `concat_ws(' ', '${schema}', split_part(r.scope, '/', 1), CASE WHEN r.answer = 'null' THEN 'taken' ELSE 'answered' END)`,
	})),
	...CONSUMERS.flatMap((schema) => [
		{
			heading: "event in trouble",
			table: `${schema}.inbox_failures`,
			says:
				`r.consumer || CASE WHEN r.due_at IS NULL THEN ' dead' WHEN r.sent_again > 0 THEN ' missed and sent again'` +
				` ELSE ' tried again' END`,
		},
		{ heading: "event in trouble", table: `${schema}.inbox_suspects`, says: `r.consumer || ' suspected'` },
	]),
	...PUBLISHERS.flatMap((schema) => [
		{
			heading: "outbox",
			table: `${schema}.outbox`,
			says:
				`'${schema} ' || CASE WHEN r.dead_at IS NOT NULL THEN 'dead' WHEN r.attempts > 0 THEN 'put off'` +
				` ELSE 'waiting' END`,
		},
		{ heading: "lease", table: `${schema}.outbox_leases`, says: `'${schema} taken over'`, changes: TAKEN_OVER },
	]),
];

/** In a schema of its own, which is emptied with the others. */
const SCHEMA = "coverage";

/**
 * Has a database write down each state that a row of it goes through, in the transaction that changes it: what is rolled
 * back was not reached. @param user may change the tables
 */
export async function watchTables(control: Pick<Control, "query">, user: string): Promise<void> {
	await control.query(`CREATE SCHEMA ${SCHEMA}`);
	await control.query(`CREATE UNLOGGED TABLE ${SCHEMA}.seen (heading text NOT NULL, was text, became text)`);
	await control.query(`GRANT USAGE ON SCHEMA ${SCHEMA} TO ${user}`);
	await control.query(`GRANT INSERT ON ${SCHEMA}.seen TO ${user}`);
	for (const [at, { heading, table, says, changes }] of WATCHED.entries()) {
		const of = (row: string): string => says.replaceAll(/\br\./g, `${row}.`);
		const quoted = heading.replaceAll("'", "''");
		const differs = changes ?? `${of("OLD")} IS DISTINCT FROM ${of("NEW")}`;
		for (const [event, was, when] of [
			...(changes ? [] : [["INSERT", "NULL", ""]]),
			["UPDATE", changes ? "NULL" : of("OLD"), `WHEN (${differs})`],
		] as const) {
			const name = `${event.toLowerCase()}_${at}`;
			await control.query(`CREATE FUNCTION ${SCHEMA}.${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
				INSERT INTO ${SCHEMA}.seen VALUES ('${quoted}', ${was}, ${of("NEW")}); RETURN NULL; END $$`);
			await control.query(
				`CREATE TRIGGER coverage_${name} AFTER ${event} ON ${table} FOR EACH ROW ${when} EXECUTE FUNCTION ${SCHEMA}.${name}()`,
			);
		}
	}
}

const SEEN = `SELECT heading, was, became, count(*)::int AS times FROM ${SCHEMA}.seen GROUP BY 1, 2, 3`;

interface Seen {
	heading: string;
	was: string | null;
	became: string;
	times: number;
}

/** Each state, and below a heading of its own how it was come to. */
export async function countTables(counts: Counts, control: Control): Promise<void> {
	for (const { heading, was, became, times } of await control.query<Seen>(SEEN)) {
		count(counts, heading, became, times);
		if (was !== null) count(counts, `${heading}, from one to the next`, `${was} → ${became}`, times);
	}
}

/** What the constraint of each watched column allows. */
export async function statesOf(control: Pick<Control, "query">): Promise<Map<string, string[]>> {
	const rows = await control.query<{ place: string; states: string }>(
		`SELECT format('%s.%s', conrelid::regclass, attname) AS place, pg_get_constraintdef(pg_constraint.oid) AS states
		FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
		WHERE contype = 'c' AND array_length(conkey, 1) = 1`,
	);
	return new Map(
		rows.map(({ place, states }) => [place, [...states.matchAll(/'([^']+)'::text/g)].map(([, each]) => each!)]),
	);
}
