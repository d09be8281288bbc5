import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { CurrencyMismatchError } from "../currency";
import { ProductNotFoundError } from "./cart.errors";

/** A product as the cart needs it. */
export interface KnownProduct {
	id: string;
	sku: string;
	name: string;
	price: { amount: number; currency: string };
	active: boolean;
	/** The same number as the aggregate_version of the event that told of it. */
	version: number;
}

/**
 * Asks the products service: one entry for each id, in their order; null for one that is not there.
 * @throws {CurrencyMismatchError} where its prices are not in the currency of the carts
 */
export async function productsAsTheyAre(
	ctx: Context,
	ids: string[],
	currency: string,
): Promise<(KnownProduct | null)[]> {
	const products = await ctx.call<(KnownProduct | null)[], { ids: string[] }>("products.resolve", { ids });
	const other = products.find((product) => product && product.price.currency !== currency);
	if (other) {
		const mismatch = { currency: other.price.currency, wanted: currency };
		throw new CurrencyMismatchError(`The price of ${other.name}`, mismatch, "CONFLICT");
	}
	return products;
}

/** @throws {ProductNotFoundError} for one that can't be bought; {@link CurrencyMismatchError} */
export async function productToBuy(
	ctx: Context,
	id: string,
	currency: string,
): Promise<{ product: KnownProduct; available: number }> {
	const [[product], [available]] = await Promise.all([
		productsAsTheyAre(ctx, [id], currency),
		ctx.call<number[], { ids: string[] }>("products.available", { ids: [id] }),
	]);
	if (!product?.active) throw new ProductNotFoundError(id);
	return { product, available: available ?? 0 };
}

// Asked first: an upsert would lock the row even where it changes nothing, and everybody who adds the product that
// everybody wants would wait for everybody else's commit.
const learn = sql(
	"cart.learn",
	`INSERT INTO cart.known_products AS k (product_id, sku, name, price, active, version)
	SELECT $1, $2, $3, $4, $5, $6
	WHERE NOT EXISTS (SELECT FROM cart.known_products WHERE product_id = $1 AND version >= $6)
	ON CONFLICT (product_id) DO UPDATE SET sku = EXCLUDED.sku, name = EXCLUDED.name, price = EXCLUDED.price,
		active = EXCLUDED.active, version = EXCLUDED.version
	WHERE k.version < EXCLUDED.version`,
);

/** Remembers what was heard of a product; older news than what is known changes nothing. */
export async function learnProduct(
	tx: Transaction,
	{ id, sku, name, price, active, version }: KnownProduct,
): Promise<void> {
	await tx.query(learn, [id, sku, name, price.amount, active, version]);
}
