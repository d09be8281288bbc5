import type { Database } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { OtherCurrencyError } from "../currency";

const claim = sql(
	"catalog.currency.claim",
	"INSERT INTO catalog.settings (currency) VALUES ($1) ON CONFLICT DO NOTHING",
);
const settled = sql("catalog.currency.settled", "SELECT currency FROM catalog.settings");

/**
 * The first start settles the currency of the catalogue.
 * @throws {OtherCurrencyError} for another one later
 */
export async function claimCurrency(db: Database, currency: string): Promise<void> {
	await db.query(claim, [currency]);
	// By a statement of its own: the one before doesn't see what another node committed while it waited for that node.
	const [row] = await db.query<{ currency: string }>(settled, []);
	if (row!.currency !== currency) throw new OtherCurrencyError(row!.currency, currency, "the catalogue");
}
