import { randomUUID } from "node:crypto";
import { v5 as uuidv5 } from "uuid";
import { callerOf, type Caller, type CallerMeta } from "../../mixins/access/access";
import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { idempotencyKeysOf } from "../../mixins/idempotency/idempotency";
import { participantOf } from "../../mixins/saga/participant";
import type { Address } from "../address";
import { acceptedOrder, type AcceptedOrder } from "./accepted";
import { CartCheckoutInitiated } from "./cart.events";
import { CartChangedError, CartEmptyError } from "./cart.errors";
import type { CartService } from "./cart.service";
import { itemsOf, lockActiveCart, touchCart } from "./cart.table";
import { totalOf, type ItemRow } from "./cart.view";
import { changesIn } from "./problems";
import type { Ctx } from "./shopping";

const idempotencyKeys = idempotencyKeysOf("cart");
const participant = participantOf("cart");

export interface CheckoutParams {
	cartId: string;
	cartVersion?: number;
	idempotencyKey: string;
	paymentToken: string;
	shippingAddress?: Address;
}

/**
 * Accepts a checkout: freezes the cart as the shopper saw it, in one transaction with the event that everything else
 * follows from. The same key answers with the same order, in whatever state it is by then.
 */
export async function checkout(this: CartService, ctx: Ctx<CheckoutParams>): Promise<AcceptedOrder> {
	const caller = callerOf(ctx as Context<never, CallerMeta>);
	const { cartId, idempotencyKey, paymentToken, shippingAddress } = ctx.params;
	const request = { cartId, paymentToken, shippingAddress };
	const { answer, repeated } = await this.db.transaction(
		(tx) =>
			idempotencyKeys.once(tx, { scope: `checkout/${caller.id}`, key: idempotencyKey, request }, async () => ({
				orderId: await acceptCheckout(this, tx, caller, ctx.params),
			})),
		{ about: [cartId] },
	);
	return orderAsItIs(this, ctx, answer.orderId, repeated);
}

const insertCheckout = sql(
	"cart.insert_checkout",
	`INSERT INTO cart.checkouts (order_id, cart_id, user_id, items, total, currency, shipping_address, payment_token)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING order_number AS "orderNumber"`,
);

/** @returns the order's id, which is settled here, before orders has heard of it */
async function acceptCheckout(
	service: CartService,
	tx: Transaction,
	caller: Caller,
	params: CheckoutParams,
): Promise<string> {
	const cart = await lockActiveCart(tx, params.cartId, caller);
	const items = await itemsOf(tx, cart.id);
	if (items.length === 0) throw new CartEmptyError();
	const problems = changesIn(items, service.currency);
	const isAsSeen = params.cartVersion === undefined || params.cartVersion === cart.version;
	if (problems.length > 0 || !isAsSeen) throw new CartChangedError(problems);

	const orderId = randomUUID();
	const freeze = { sagaId: orderId, step: "freeze", operationId: uuidv5("freeze", orderId) };
	await participant.doOnce(tx, freeze, async () => {
		await touchCart(tx, cart, { status: "CHECKING_OUT", userId: caller.id });
	});
	const order = {
		orderId,
		userId: caller.id,
		items: items.map(lineOf),
		total: totalOf(items),
		currency: service.currency,
	};
	const orderNumber = await writeDown(tx, cart.id, order, params);
	await service.publish(tx, CartCheckoutInitiated({ ...order, cartId: cart.reference, orderNumber }), {
		correlationId: orderId,
		causationId: params.idempotencyKey,
	});
	return orderId;
}

interface AcceptedCheckout {
	orderId: string;
	userId: string;
	items: ReturnType<typeof lineOf>[];
	total: number;
	currency: string;
}

/** @returns the order's number */
async function writeDown(
	tx: Transaction,
	cartId: string,
	{ orderId, userId, items, total, currency }: AcceptedCheckout,
	{ shippingAddress, paymentToken }: CheckoutParams,
): Promise<string> {
	const address = shippingAddress ? JSON.stringify(shippingAddress) : null;
	const values = [orderId, cartId, userId, JSON.stringify(items), total, currency, address, paymentToken];
	const [row] = await tx.query<{ orderNumber: string }>(insertCheckout, values);
	return row!.orderNumber;
}

function lineOf({ productId, sku, name, quantity, unitPrice }: ItemRow) {
	return { productId, sku, name, quantity, unitPrice };
}

const ORDER_TIMEOUT_MS = 1_000;

/** For a repeated request the order has gone on; if orders can't say how far, the answer is what was accepted. */
async function orderAsItIs(
	service: CartService,
	ctx: Ctx<unknown>,
	orderId: string,
	repeated: boolean,
): Promise<AcceptedOrder> {
	const accepted = (await acceptedOrder(service.db, orderId))!;
	if (!repeated) return accepted;
	try {
		return await ctx.call<AcceptedOrder, { id: string }>("orders.get", { id: orderId }, { timeout: ORDER_TIMEOUT_MS });
	} catch (error) {
		service.logger.debug(`Order ${orderId} is answered as it was accepted:`, (error as Error).message);
		return accepted;
	}
}
