import { createHash, randomUUID } from "node:crypto";
import type { Database, Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Caller } from "../../mixins/access/access";
import { CartNotActiveError, CartNotFoundError } from "./cart.errors";
import type { CartRow, CartStatus, ItemRow } from "./cart.view";

type Queries = Pick<Database | Transaction, "query">;

const COLUMNS = 'id, reference, user_id AS "userId", status, version, updated_at AS "updatedAt"';

// Its owner may also use the reference, which is the name that orders know it by.
const find = sql(
	"cart.find",
	`SELECT ${COLUMNS} FROM cart.carts WHERE id = $1 OR (reference = $1 AND user_id IS NOT NULL)`,
);
const lock = sql("cart.lock", `${find.text} FOR UPDATE`);
const findActiveOf = sql(
	"cart.active_of",
	`SELECT ${COLUMNS} FROM cart.carts WHERE user_id = $1 AND status = 'ACTIVE'`,
);
/** Orders are through within seconds: more than these are an operator's to look at. */
const BEING_ORDERED_MAX = 20;
const beingOrderedOf = sql(
	"cart.being_ordered_of",
	`SELECT ${COLUMNS} FROM cart.carts WHERE user_id = $1 AND status = 'CHECKING_OUT'
	ORDER BY updated_at DESC, id LIMIT ${BEING_ORDERED_MAX}`,
);
// One that was given back and ordered again has more than one.
const newestOrder = sql(
	"cart.newest_order",
	`SELECT order_id AS "orderId" FROM cart.checkouts WHERE cart_id = $1 ORDER BY accepted_at DESC, order_id LIMIT 1`,
);
const lockActiveOf = sql("cart.lock_active_of", `${findActiveOf.text} FOR UPDATE`);
const lockUser = sql(
	"cart.lock_user",
	"SELECT pg_advisory_xact_lock(hashtextextended('cart.user', 0) # hashtextextended($1::text, 1))",
);
const insert = sql(
	"cart.insert",
	`INSERT INTO cart.carts (id, reference, user_id) VALUES ($1, $2, $3) RETURNING ${COLUMNS}`,
);
const touch = sql(
	"cart.touch",
	`UPDATE cart.carts SET version = version + 1, updated_at = now(), status = $2, user_id = $3 WHERE id = $1 RETURNING ${COLUMNS}`,
);
const items = sql(
	"cart.items",
	`SELECT i.product_id AS "productId", i.sku, i.name, i.unit_price AS "unitPrice", i.quantity,
		coalesce(k.price, i.unit_price) AS "currentPrice", coalesce(k.active, true) AS active
	FROM cart.items i LEFT JOIN cart.known_products k USING (product_id)
	WHERE cart_id = $1 ORDER BY i.added_at, i.product_id`,
);

/** A guest's cart is whoever's who knows its id; a user's is theirs alone. @throws {CartNotFoundError} */
export async function findCart(db: Queries, id: string, caller: Caller | undefined): Promise<CartRow> {
	return visible((await db.query<CartRow>(find, [id]))[0], caller);
}

/** The same, locked until the transaction ends. @throws {CartNotFoundError} */
export async function lockCart(tx: Transaction, id: string, caller: Caller | undefined): Promise<CartRow> {
	return visible((await tx.query<CartRow>(lock, [id]))[0], caller);
}

/** Locked, and open to changes. @throws {CartNotFoundError} {@link CartNotActiveError} */
export async function lockActiveCart(tx: Transaction, id: string, caller: Caller | undefined): Promise<CartRow> {
	const cart = await lockCart(tx, id, caller);
	if (cart.status !== "ACTIVE") throw new CartNotActiveError(cart.status);
	return cart;
}

export async function findActiveCartOf(db: Queries, userId: string): Promise<CartRow | undefined> {
	return (await db.query<CartRow>(findActiveOf, [userId]))[0];
}

/** The newest first. */
export function cartsBeingOrderedOf(db: Queries, userId: string): Promise<CartRow[]> {
	return db.query<CartRow>(beingOrderedOf, [userId]);
}

/** The order that a cart is becoming, or has become; null for one that can still be changed. */
export async function orderOf(db: Queries, { id, status }: CartRow): Promise<string | null> {
	if (status === "ACTIVE") return null;
	const [checkout] = await db.query<{ orderId: string }>(newestOrder, [id]);
	return checkout?.orderId ?? null;
}

/** What gives a user a cart, or takes one away, goes one at a time for each user. */
export async function lockUserCarts(tx: Transaction, userId: string): Promise<CartRow | undefined> {
	await tx.query(lockUser, [userId]);
	return (await tx.query<CartRow>(lockActiveOf, [userId]))[0];
}

/** A user's own active cart, made where there is none; for a guest a new one. */
export async function ownOrNewCart(tx: Transaction, caller: Caller | undefined): Promise<CartRow> {
	const id = randomUUID();
	if (!caller) return (await tx.query<CartRow>(insert, [id, referenceOf(id), null]))[0]!;
	return (await lockUserCarts(tx, caller.id)) ?? (await tx.query<CartRow>(insert, [id, id, caller.id]))[0]!;
}

/** Notes a change of a locked cart. */
export async function touchCart(
	tx: Transaction,
	cart: CartRow,
	change: { status?: CartStatus; userId?: string } = {},
): Promise<CartRow> {
	const rows = await tx.query<CartRow>(touch, [cart.id, change.status ?? cart.status, change.userId ?? cart.userId]);
	return rows[0]!;
}

export function itemsOf(db: Queries, cartId: string): Promise<ItemRow[]> {
	return db.query<ItemRow>(items, [cartId]);
}

function visible(cart: CartRow | undefined, caller: Caller | undefined): CartRow {
	const isTheirs = cart !== undefined && (cart.userId === null || cart.userId === caller?.id);
	if (!isTheirs || cart.status === "MERGED") throw new CartNotFoundError();
	return cart;
}

/** A guest's cart in public: a UUID (version 8, RFC 9562) that leads back to the cart's id for nobody. */
export function referenceOf(guestCartId: string): string {
	const hex = createHash("sha256").update(`cart reference ${guestCartId}`).digest("hex");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
