import type { Context } from "moleculer";
import type { CallerMeta } from "../../mixins/access/access";
import { sql } from "../../mixins/database/statement";
import { ON_HAND_MAX } from "./limits";
import { ProductNotFoundError, StockTooHighError, StockTooLowError } from "./products.errors";
import type { ProductsService } from "./products.service";
import { onStockOf } from "./stock-locks";

/** What GraphQL calls Stock. */
export interface StockView {
	onHand: number;
	reserved: number;
	available: number;
}

const NONE: StockView = { onHand: 0, reserved: 0, available: 0 };

const readStock = sql(
	"catalog.stock",
	`SELECT product_id, on_hand AS "onHand", reserved, on_hand - reserved AS available
	FROM catalog.stock WHERE product_id = ANY ($1::uuid[])`,
);

/** Never from a cache. One entry for each id, in their order. */
export async function stock(this: ProductsService, ctx: Context<{ ids: string[] }>): Promise<StockView[]> {
	const rows = await this.db.query<StockView & { product_id: string }>(readStock, [ctx.params.ids]);
	const byId = new Map(rows.map(({ product_id, ...view }) => [product_id, view]));
	return ctx.params.ids.map((id) => byId.get(id) ?? NONE);
}

export async function available(this: ProductsService, ctx: Context<{ ids: string[] }>): Promise<number[]> {
	return (await stock.call(this, ctx)).map((view) => view.available);
}

/**
 * What shop windows show: at most a fifth of a second old, so that a crowd of visitors costs the database five questions a
 * second and not thousands. Whoever decides something asks {@link available}.
 */
export function availableShown(this: ProductsService, ctx: Context<{ ids: string[] }>): Promise<number[]> {
	return this.shownStock.recall(ctx.params.ids.join(), () => available.call(this, ctx));
}

const adjust = sql(
	"catalog.adjust",
	`WITH adjusted AS (
		UPDATE catalog.stock SET on_hand = on_hand + $2
		WHERE product_id = $1 AND on_hand::bigint + $2 BETWEEN reserved AND ${ON_HAND_MAX}
		RETURNING on_hand, reserved
	), noted AS (
		INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change, user_id, reason)
		SELECT $1, 'ADJUSTED', $2, 0, $3, $4 FROM adjusted
	)
	SELECT on_hand AS "onHand", reserved, on_hand - reserved AS available FROM adjusted`,
);

/**
 * @throws {StockTooLowError} when more would go than is there and not reserved
 * @throws {StockTooHighError} when there would be more than can be counted
 */
export async function adjustStock(
	this: ProductsService,
	ctx: Context<{ productId: string; delta: number; reason?: string }, CallerMeta>,
): Promise<StockView> {
	const { productId, delta, reason } = ctx.params;
	const [adjusted] = await this.db.transaction(
		(tx) => tx.query<StockView>(adjust, [productId, delta, ctx.meta.caller?.id, reason || null]),
		onStockOf([productId]),
	);
	if (adjusted) {
		this.shownStock.forget();
		return adjusted;
	}
	const [current] = await this.db.query<StockView>(readStock, [[productId]]);
	if (!current) throw new ProductNotFoundError(productId);
	if (delta > 0) throw new StockTooHighError(productId, current.onHand, ON_HAND_MAX);
	throw new StockTooLowError(productId, current.available);
}
