import type { z } from "zod";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import type { ProductUpdated, StockReleased, StockReserved } from "../products/products.events";
import { CurrencyMismatchError } from "../currency";
import type { CartService } from "./cart.service";
import { learnProduct } from "./catalogue";

/** A price or a product has changed: carts that hold it show it as a problem from now on. */
export async function hearOfProduct(
	this: CartService,
	tx: Transaction,
	{ data, aggregate_version }: Envelope<z.output<typeof ProductUpdated.data>>,
): Promise<void> {
	const { productId: id, sku, name, price, currency, active } = data;
	if (currency !== this.currency) {
		throw new CurrencyMismatchError(`The price of product ${id}`, { currency, wanted: this.currency });
	}
	await learnProduct(tx, { id, sku, name, price: { amount: price, currency }, active, version: aggregate_version });
}

// Older news than what is known changes nothing: events of one order may come out of order after a retry.
const note = sql(
	"cart.note_held",
	`INSERT INTO cart.held_stock AS h (order_id, cart_reference, items, held, expires_at, aggregate_version)
	VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (order_id) DO UPDATE SET held = EXCLUDED.held, expires_at = EXCLUDED.expires_at,
		aggregate_version = EXCLUDED.aggregate_version, noted_at = now()
	WHERE h.aggregate_version < EXCLUDED.aggregate_version`,
);

/** Writes down what is held for which cart. */
export async function hearOfReserved(
	this: CartService,
	tx: Transaction,
	{ data, aggregate_version }: Envelope<z.output<typeof StockReserved.data>>,
): Promise<void> {
	const { orderId, cartId, items, expiresAt } = data;
	await tx.query(note, [orderId, cartId, JSON.stringify(items), true, expiresAt, aggregate_version]);
}

export async function hearOfReleased(
	this: CartService,
	tx: Transaction,
	{ data, aggregate_version }: Envelope<z.output<typeof StockReleased.data>>,
): Promise<void> {
	const { orderId, cartId, items } = data;
	await tx.query(note, [orderId, cartId, JSON.stringify(items), false, null, aggregate_version]);
}
