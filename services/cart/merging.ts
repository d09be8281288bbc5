import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { itemsOf, touchCart } from "./cart.table";
import { totalOf, type CartRow, type ItemRow } from "./cart.view";
import { LINES_MAX, QUANTITY_MAX, TOTAL_MAX } from "./limits";

const moveItems = sql(
	"cart.move_items",
	`WITH moved AS (DELETE FROM cart.items WHERE cart_id = $1 RETURNING *)
	INSERT INTO cart.items AS i (cart_id, product_id, sku, name, unit_price, quantity, added_at)
	SELECT $2, product_id, sku, name, unit_price, fitting.quantity, added_at
	FROM moved JOIN unnest($3::uuid[], $4::int[]) AS fitting (product_id, quantity) USING (product_id)
	ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = i.quantity + EXCLUDED.quantity`,
);

/** Moves what is in one locked cart into another: as much as fits, for nobody is asked. */
export async function mergeInto(tx: Transaction, from: CartRow, into: CartRow): Promise<CartRow> {
	const fitting = whatFits(await itemsOf(tx, into.id), await itemsOf(tx, from.id));
	const [products, quantities] = [fitting.map(({ productId }) => productId), fitting.map(({ quantity }) => quantity)];
	await tx.query(moveItems, [from.id, into.id, products, quantities]);
	await touchCart(tx, from, { status: "MERGED" });
	return touchCart(tx, into);
}

type Line = Pick<ItemRow, "productId" | "unitPrice" | "quantity">;

/**
 * How many of each line of one cart fit into another, which stays as it is: in the order in which they were added, until
 * the lines are as many, or the sum as large, as a cart may have. A product that is in both keeps the other's price.
 */
export function whatFits(into: readonly Line[], from: readonly Line[]): Pick<Line, "productId" | "quantity">[] {
	const there = new Map(into.map((line) => [line.productId, line]));
	let linesLeft = LINES_MAX - into.length;
	let left = TOTAL_MAX - totalOf(into);
	const fitting: Pick<Line, "productId" | "quantity">[] = [];
	for (const { productId, quantity: wanted, unitPrice } of from) {
		const same = there.get(productId);
		const price = same?.unitPrice ?? unitPrice;
		const affordable = price === 0 ? wanted : Math.floor(left / price);
		const quantity = Math.min(wanted, affordable, QUANTITY_MAX - (same?.quantity ?? 0));
		if (quantity <= 0 || (!same && linesLeft <= 0)) continue;
		if (!same) linesLeft--;
		left -= price * quantity;
		fitting.push({ productId, quantity });
	}
	return fitting;
}
