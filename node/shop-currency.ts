import pg from "pg";
import { OtherCurrencyError } from "../services/currency";
import { onDatabase } from "./database-ids";
import type { NodeDatabase } from "./databases";
import { reach, type Patience } from "./reach";

/**
 * Compares the currency of a node with what its databases know of the shop's, before anything else is done there.
 * @returns whether one of them knows it
 * @throws {OtherCurrencyError}
 */
export async function refuseOtherCurrency(
	databases: readonly NodeDatabase[],
	currency: string,
	patience?: Patience,
): Promise<boolean> {
	let isKnown = false;
	for (const { variable, url } of databases) {
		const known = await reach(variable, url, () => onDatabase(url, currencyIn), patience);
		if (known === undefined) continue;
		if (known !== currency) throw new OtherCurrencyError(known, currency, `the database of ${variable}`);
		isKnown = true;
	}
	return isKnown;
}

/** From now on each of the databases knows it, whichever of the shop's services works there. @throws {OtherCurrencyError} */
export async function keepCurrency(
	databases: readonly NodeDatabase[],
	currency: string,
	patience?: Patience,
): Promise<void> {
	const keep = (client: pg.Client): Promise<unknown> =>
		client.query("INSERT INTO migrations.currency (code) VALUES ($1) ON CONFLICT DO NOTHING", [currency]);
	for (const { variable, url } of databases) await reach(variable, url, () => onDatabase(url, keep), patience);
	await refuseOtherCurrency(databases, currency, patience);
}

interface Sources {
	isPriced: boolean;
	isKept: boolean;
}

// Whoever may not look into the catalogue may ask whether they may; asking for a table by its name would be refused.
const SOURCES = `SELECT to_regclass('migrations.currency') IS NOT NULL AS "isKept", EXISTS (
	SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = 'catalog' AND c.relname = 'settings'
		AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
) AS "isPriced"`;

/** The catalogue's where it is here, also of a database from before currencies were kept. */
async function currencyIn(client: pg.Client): Promise<string | undefined> {
	const { rows } = await client.query<Sources>(SOURCES);
	const { isPriced, isKept } = rows[0]!;
	const priced = isPriced && (await read(client, "SELECT currency FROM catalog.settings"));
	return priced || (isKept ? read(client, "SELECT code AS currency FROM migrations.currency") : undefined);
}

async function read(client: pg.Client, query: string): Promise<string | undefined> {
	const { rows } = await client.query<{ currency: string }>(query);
	return rows[0]?.currency;
}
