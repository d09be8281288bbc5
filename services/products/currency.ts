import type { Database } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";

const claim = sql(
	"catalog.currency",
	`WITH claimed AS (
		INSERT INTO catalog.settings (currency) VALUES ($1) ON CONFLICT DO NOTHING RETURNING currency
	)
	SELECT currency FROM claimed UNION ALL SELECT currency FROM catalog.settings`,
);

/** Prices don't say their currency, the catalogue does. */
export class CurrencyMismatchError extends Error {
	override readonly name = "CurrencyMismatchError";

	constructor(catalogue: string, setting: string) {
		super(`The prices of this catalogue are in ${catalogue}, but CURRENCY is ${setting}: set CURRENCY=${catalogue}.`);
	}
}

/**
 * The first start settles the currency of the catalogue.
 * @throws {CurrencyMismatchError} for another one later
 */
export async function claimCurrency(db: Database, currency: string): Promise<void> {
	const [row] = await db.query<{ currency: string }>(claim, [currency]);
	if (row!.currency !== currency) throw new CurrencyMismatchError(row!.currency, currency);
}
