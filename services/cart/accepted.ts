import type { Context } from "moleculer";
import { Errors } from "moleculer";
import type { Database } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Address } from "../address";
import type { CartService } from "./cart.service";

interface Money {
	/** Minor units. */
	amount: number;
	currency: string;
}

/** An order that was accepted and that orders may not have heard of yet, in the shape of GraphQL's Order. */
export interface AcceptedOrder {
	id: string;
	number: string;
	userId: string;
	cartId: string;
	status: string;
	paymentStatus: string;
	items: { productId: string; sku: string; name: string; quantity: number; unitPrice: Money; lineTotal: Money }[];
	total: Money;
	failureReason: string | null;
	history: { status: string; at: Date | string; note: string | null }[];
	shippingAddress: Address | null;
	version: number;
	createdAt: Date | string;
	updatedAt: Date | string;
}

interface CheckoutRow {
	id: string;
	number: string;
	userId: string;
	cartId: string;
	items: { productId: string; sku: string; name: string; quantity: number; unitPrice: number }[];
	total: number;
	currency: string;
	shippingAddress: Address | null;
	acceptedAt: Date;
}

const find = sql(
	"cart.accepted",
	`SELECT order_id AS id, order_number AS number, c.user_id AS "userId", carts.reference AS "cartId", items, total, currency,
		shipping_address AS "shippingAddress", accepted_at AS "acceptedAt"
	FROM cart.checkouts c JOIN cart.carts ON carts.id = c.cart_id WHERE order_id = $1`,
);

/** An accepted checkout as the order that it is about to become: PENDING, in version 0. */
export async function acceptedOrder(db: Database, orderId: string): Promise<AcceptedOrder | undefined> {
	const [row] = await db.query<CheckoutRow>(find, [orderId]);
	if (!row) return undefined;
	const { acceptedAt, currency, items, total, ...order } = row;
	const money = (amount: number): Money => ({ amount, currency });
	return {
		...order,
		status: "PENDING",
		paymentStatus: "NONE",
		items: items.map((line) => ({
			...line,
			unitPrice: money(line.unitPrice),
			lineTotal: money(line.unitPrice * line.quantity),
		})),
		total: money(total),
		failureReason: null,
		history: [{ status: "PENDING", at: acceptedAt, note: null }],
		version: 0,
		createdAt: acceptedAt,
		updatedAt: acceptedAt,
	};
}

type Ctx = Context<{ orderId: string }>;

export async function findAcceptedOrder(this: CartService, ctx: Ctx): Promise<AcceptedOrder | null> {
	return (await acceptedOrder(this.db, ctx.params.orderId)) ?? null;
}

class UnknownCheckoutError extends Errors.MoleculerClientError {
	constructor(orderId: string) {
		super(`No checkout was accepted for order ${orderId}`, 404, "CHECKOUT_UNKNOWN", { orderId });
	}
}

/** The settled order's token is forgotten: there is nothing more to pay with it. */
class PaymentTokenForgottenError extends Errors.MoleculerClientError {
	constructor(orderId: string) {
		super(`The payment token of order ${orderId} was forgotten when it was settled`, 410, "PAYMENT_TOKEN_FORGOTTEN", {
			orderId,
		});
	}
}

/** What orders needs of a checkout and no event carries. */
export async function checkoutDetails(this: CartService, ctx: Ctx): Promise<{ shippingAddress: Address | null }> {
	const [row] = await this.db.query<CheckoutRow>(find, [ctx.params.orderId]);
	if (!row) throw new UnknownCheckoutError(ctx.params.orderId);
	return { shippingAddress: row.shippingAddress };
}

const findToken = sql("cart.payment_token", "SELECT payment_token AS token FROM cart.checkouts WHERE order_id = $1");

/** What payments needs of a checkout and no event carries. */
export async function paymentToken(this: CartService, ctx: Ctx): Promise<{ token: string }> {
	const [row] = await this.db.query<{ token: string | null }>(findToken, [ctx.params.orderId]);
	if (!row) throw new UnknownCheckoutError(ctx.params.orderId);
	if (row.token === null) throw new PaymentTokenForgottenError(ctx.params.orderId);
	return { token: row.token };
}
