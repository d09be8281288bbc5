import type { Context } from "moleculer";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { idempotencyKeysOf, type KeyedRequest } from "../../mixins/idempotency/idempotency";
import { CartCleared, ItemAddedToCart } from "./cart.events";
import { InsufficientStockError, ItemNotFoundError, TooDearError, TooManyLinesError } from "./cart.errors";
import type { CartService } from "./cart.service";
import {
	cartsBeingOrderedOf,
	findActiveCartOf,
	findCart,
	itemsOf,
	lockActiveCart,
	orderOf,
	ownOrNewCart,
	touchCart,
} from "./cart.table";
import { totalOf, viewOf, type CartProblem, type CartRow, type CartView, type ItemRow } from "./cart.view";
import { learnProduct, productsAsTheyAre, productToBuy, type KnownProduct } from "./catalogue";
import { LINES_MAX, QUANTITY_MAX, TOTAL_MAX } from "./limits";
import { changesIn, shortagesIn } from "./problems";

const idempotencyKeys = idempotencyKeysOf("cart");

export type Ctx<Params> = Context<Params, CallerMeta>;

/** By its id; without one, the caller's own active cart, or null. */
export async function getCart(this: CartService, ctx: Ctx<{ id?: string }>): Promise<CartView | null> {
	const { caller } = ctx.meta;
	const { id } = ctx.params;
	if (id) return present(this, ctx, await findCart(this.db, id, caller));
	const own = caller && (await findActiveCartOf(this.db, caller.id));
	return own ? present(this, ctx, own) : null;
}

/** The caller's own carts whose orders are not through yet, the newest first. */
export async function cartsBeingOrdered(this: CartService, ctx: Ctx<unknown>): Promise<CartView[]> {
	const { id } = callerOf(ctx as Context<never, CallerMeta>);
	const carts = await cartsBeingOrderedOf(this.db, id);
	return Promise.all(carts.map((cart) => present(this, ctx, cart)));
}

/** The caller's own active cart; for a guest a new one. */
export async function createCart(this: CartService, ctx: Ctx<object>): Promise<CartView> {
	return present(this, ctx, await this.db.transaction((tx) => ownOrNewCart(tx, ctx.meta.caller)));
}

/** What the cart comes to with a changed line: the others are as they were before the statement, which is as they are. */
function totalWith(line: string): string {
	return `(SELECT coalesce(sum(unit_price * quantity), 0) FROM cart.items WHERE cart_id = $1 AND product_id <> $2)::float8
		+ ${line}.unit_price::float8 * ${line}.quantity`;
}

// A line keeps the price at which it was first seen: a new one is a problem that the shopper decides on. Without an
// answer there would be more of it than can be counted.
const upsertItem = sql(
	"cart.upsert_item",
	`INSERT INTO cart.items AS i (cart_id, product_id, sku, name, unit_price, quantity) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = i.quantity + EXCLUDED.quantity
	WHERE i.quantity <= ${QUANTITY_MAX} - EXCLUDED.quantity
	RETURNING quantity, (SELECT count(*) FROM cart.items WHERE cart_id = $1 AND product_id <> $2) AS "otherLines",
		${totalWith("i")} AS total`,
);
const setQuantity = sql(
	"cart.set_quantity",
	`UPDATE cart.items i SET quantity = $3 WHERE cart_id = $1 AND product_id = $2
	RETURNING product_id, ${totalWith("i")} AS total`,
);
const removeItem = sql(
	"cart.remove_item",
	"DELETE FROM cart.items WHERE cart_id = $1 AND product_id = $2 RETURNING product_id",
);
const removeAll = sql("cart.remove_all", "DELETE FROM cart.items WHERE cart_id = $1");

type AddParams = { cartId?: string; productId: string; quantity: number; idempotencyKey?: string };

/** The same key answers with the cart as it is by then, also when the product can't be bought any more. */
export async function addToCart(this: CartService, ctx: Ctx<AddParams>): Promise<CartView> {
	const { idempotencyKey: key, ...request } = ctx.params;
	const scope = ownerOfKey(ctx, key);
	const keyed = key && scope ? { scope, key, request } : undefined;
	const known = keyed && (await idempotencyKeys.recall<string>(this.db, keyed));
	const cartId = known ?? (await addOnce(this, ctx, keyed));
	return present(this, ctx, await findCart(this.db, cartId, ctx.meta.caller));
}

/** @returns the cart's id */
async function addOnce(service: CartService, ctx: Ctx<AddParams>, keyed: KeyedRequest | undefined): Promise<string> {
	const { product, available } = await productToBuy(ctx, ctx.params.productId, service.currency);
	const add = (tx: Transaction) => addProduct(service, tx, ctx, product, available);
	const whose = ctx.params.cartId ?? ctx.meta.caller?.id;
	return service.db.transaction(
		async (tx) => (keyed ? (await idempotencyKeys.once(tx, keyed, () => add(tx))).answer : add(tx)),
		{ about: whose ? [whose] : [] },
	);
}

/** A UUID, which nobody else comes up with. */
const UNGUESSABLE = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Whose an idempotency key is. A guest without a cart is nobody yet: with a key that others may choose as well, they
 * would get each other's carts, so there it counts only when it can't be guessed.
 */
function ownerOfKey({ meta, params }: Ctx<AddParams>, key: string | undefined): string | undefined {
	const owner = meta.caller?.id ?? params.cartId;
	if (owner) return `add/${owner}`;
	return key && UNGUESSABLE.test(key) ? "add/guest" : undefined;
}

/** @returns the cart's id */
async function addProduct(
	service: CartService,
	tx: Transaction,
	ctx: Ctx<AddParams>,
	product: KnownProduct,
	available: number,
): Promise<string> {
	const { cartId, productId, quantity } = ctx.params;
	const { caller } = ctx.meta;
	const cart = cartId ? await lockActiveCart(tx, cartId, caller) : await ownOrNewCart(tx, caller);
	await learnProduct(tx, product);
	await addItem(tx, cart.id, product, quantity, available);
	await touchCart(tx, cart);
	const requestId = ctx.requestID ?? ctx.id;
	const cause = { correlationId: requestId, causationId: requestId };
	await service.publish(tx, ItemAddedToCart({ cartId: cart.reference, productId, quantity }), cause);
	return cart.id;
}

async function addItem(
	tx: Transaction,
	cartId: string,
	product: KnownProduct,
	quantity: number,
	available: number,
): Promise<void> {
	const { id, sku, name, price } = product;
	const [item] = await tx.query<{ quantity: number; otherLines: number; total: number }>(upsertItem, [
		cartId,
		id,
		sku,
		name,
		price.amount,
		quantity,
	]);
	if (!item || item.quantity > available) throw new InsufficientStockError(id, available);
	if (item.otherLines >= LINES_MAX) throw new TooManyLinesError(LINES_MAX);
	refuseTooDear(item.total);
}

function refuseTooDear(total: number): void {
	if (total > TOTAL_MAX) throw new TooDearError(TOTAL_MAX);
}

/** Sets a line's quantity; 0 removes it. */
export async function updateItem(
	this: CartService,
	ctx: Ctx<{ cartId: string; productId: string; quantity: number }>,
): Promise<CartView> {
	const { cartId, productId, quantity } = ctx.params;
	const available = quantity > 0 ? (await productToBuy(ctx, productId, this.currency)).available : 0;
	if (quantity > available) throw new InsufficientStockError(productId, available);
	return change(this, ctx, cartId, async (tx, cart) => {
		const [found] =
			quantity > 0
				? await tx.query<{ total?: number }>(setQuantity, [cart.id, productId, quantity])
				: await tx.query<{ total?: number }>(removeItem, [cart.id, productId]);
		if (!found) throw new ItemNotFoundError(productId);
		refuseTooDear(found.total ?? 0);
	});
}

/** Removing what is not there (any more) is no fault. */
export function removeFromCart(this: CartService, ctx: Ctx<{ cartId: string; productId: string }>): Promise<CartView> {
	const { cartId, productId } = ctx.params;
	return change(this, ctx, cartId, async (tx, cart) => {
		await tx.query(removeItem, [cart.id, productId]);
	});
}

export function clearCart(this: CartService, ctx: Ctx<{ cartId: string }>): Promise<CartView> {
	return change(this, ctx, ctx.params.cartId, async (tx, cart) => {
		await tx.query(removeAll, [cart.id]);
		const requestId = ctx.requestID ?? ctx.id;
		const cause = { correlationId: requestId, causationId: requestId };
		await this.publish(tx, CartCleared({ cartId: cart.reference, reason: "SHOPPER" }), cause);
	});
}

function byId(a: KnownProduct, b: KnownProduct): number {
	return a.id < b.id ? -1 : 1;
}

const accept = sql(
	"cart.accept",
	`UPDATE cart.items SET unit_price = $3, name = $4, quantity = $5 WHERE cart_id = $1 AND product_id = $2`,
);

/** Takes the new prices, lowers or removes what is not there any more. */
export async function acceptChanges(this: CartService, ctx: Ctx<{ cartId: string }>): Promise<CartView> {
	const { id } = await findCart(this.db, ctx.params.cartId, ctx.meta.caller);
	const ids = (await itemsOf(this.db, id)).map(({ productId }) => productId);
	const [products, quantities] = await Promise.all([
		productsAsTheyAre(ctx, ids, this.currency),
		ctx.call<number[], { ids: string[] }>("products.available", { ids }),
	]);
	const available = new Map(ids.map((productId, index) => [productId, quantities[index]!]));
	const current = new Map(products.flatMap((product) => (product ? [[product.id, product] as const] : [])));
	return change(this, ctx, id, async (tx, cart) => {
		// In one order for everybody: two carts that learn of the same products must not wait for each other.
		for (const product of [...current.values()].toSorted(byId)) await learnProduct(tx, product);
		for (const item of await itemsOf(tx, cart.id)) {
			const { productId } = item;
			const product = current.get(productId);
			const quantity = Math.min(item.quantity, available.get(productId) ?? item.quantity);
			if (!product?.active || quantity <= 0) await tx.query(removeItem, [cart.id, productId]);
			else await tx.query(accept, [cart.id, productId, product.price.amount, product.name, quantity]);
		}
		refuseTooDear(totalOf(await itemsOf(tx, cart.id)));
	});
}

async function change(
	service: CartService,
	ctx: Ctx<unknown>,
	cartId: string,
	work: (tx: Transaction, cart: CartRow) => Promise<void>,
): Promise<CartView> {
	const cart = await service.db.transaction(
		async (tx) => {
			const open = await lockActiveCart(tx, cartId, ctx.meta.caller);
			await work(tx, open);
			return touchCart(tx, open);
		},
		{ about: [cartId] },
	);
	return present(service, ctx, cart);
}

/** A cart as its shopper sees it, with what is the matter with it. */
export async function present(service: CartService, ctx: Ctx<unknown>, cart: CartRow): Promise<CartView> {
	const [items, orderId] = await Promise.all([itemsOf(service.db, cart.id), orderOf(service.db, cart)]);
	const problems = cart.status === "ACTIVE" ? await problemsOf(service, ctx, items) : [];
	return viewOf(cart, { items, problems, orderId }, service.currency);
}

async function problemsOf(service: CartService, ctx: Ctx<unknown>, items: readonly ItemRow[]): Promise<CartProblem[]> {
	const changes = changesIn(items, service.currency);
	return [...changes, ...shortagesIn(items, await availableOf(service, ctx, items))];
}

const AVAILABILITY_TIMEOUT_MS = 1_000;

/** Empty while products is away: a cart can be looked at all the same. */
async function availableOf(
	service: CartService,
	ctx: Ctx<unknown>,
	items: readonly ItemRow[],
): Promise<Map<string, number>> {
	const ids = items.map(({ productId }) => productId);
	if (ids.length === 0) return new Map();
	try {
		const quantities = await ctx.call<number[], { ids: string[] }>(
			"products.available",
			{ ids },
			{ timeout: AVAILABILITY_TIMEOUT_MS },
		);
		return new Map(ids.map((id, index) => [id, quantities[index]!]));
	} catch (error) {
		service.logger.debug("A cart is shown without what is in stock:", (error as Error).message);
		return new Map();
	}
}
