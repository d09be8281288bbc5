import type { Database } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { OtherCurrencyError } from "../currency";

const claim = sql(
	"catalog.currency",
	`WITH claimed AS (
		INSERT INTO catalog.settings (currency) VALUES ($1) ON CONFLICT DO NOTHING RETURNING currency
	)
	SELECT currency FROM claimed UNION ALL SELECT currency FROM catalog.settings`,
);

/**
 * The first start settles the currency of the catalogue.
 * @throws {OtherCurrencyError} for another one later
 */
export async function claimCurrency(db: Database, currency: string): Promise<void> {
	const [row] = await db.query<{ currency: string }>(claim, [currency]);
	if (row!.currency !== currency) throw new OtherCurrencyError(row!.currency, currency, "the catalogue");
}
