import { randomUUID } from "node:crypto";
import { v5 as uuidv5 } from "uuid";
import { callerOf, type Caller, type CallerMeta } from "../../mixins/access/access";
import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { idempotencyKeysOf } from "../../mixins/idempotency/idempotency";
import { participantOf } from "../../mixins/saga/participant";
import { acceptedOrder, type AcceptedOrder } from "./accepted";
import { CartCheckoutInitiated } from "./cart.events";
import { CartChangedError, CartEmptyError, CartNotActiveError } from "./cart.errors";
import type { CartService } from "./cart.service";
import { itemsOf, lockCart, lockUserCarts, touchCart } from "./cart.table";
import { totalOf } from "./cart.view";
import { changesIn } from "./problems";
import type { Ctx } from "./shopping";

const idempotencyKeys = idempotencyKeysOf("cart");
const participant = participantOf("cart");

export interface Address {
	name: string;
	line1: string;
	line2?: string;
	city: string;
	postalCode: string;
	country: string;
}

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
	const { answer, repeated } = await this.db.transaction((tx) =>
		idempotencyKeys.once(tx, { scope: `checkout/${caller.id}`, key: idempotencyKey, request }, async () => ({
			orderId: await acceptCheckout(this, tx, caller, ctx.params),
		})),
	);
	return orderAsItIs(this, ctx, answer.orderId, repeated);
}

const nextNumber = sql("cart.next_number", "SELECT nextval('cart.order_numbers') AS number");
const insertCheckout = sql(
	"cart.insert_checkout",
	`INSERT INTO cart.checkouts (order_id, order_number, cart_id, user_id, items, total, currency, shipping_address, payment_token)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
);

async function acceptCheckout(
	service: CartService,
	tx: Transaction,
	caller: Caller,
	params: CheckoutParams,
): Promise<string> {
	await lockUserCarts(tx, caller.id);
	const cart = await lockCart(tx, params.cartId, caller);
	if (cart.status !== "ACTIVE") throw new CartNotActiveError(cart.status);
	const items = await itemsOf(tx, cart.id);
	if (items.length === 0) throw new CartEmptyError();
	const problems = changesIn(items, service.currency);
	const isAsSeen = params.cartVersion === undefined || params.cartVersion === cart.version;
	if (problems.length > 0 || !isAsSeen) throw new CartChangedError(problems);

	const orderId = randomUUID();
	const [row] = await tx.query<{ number: number }>(nextNumber);
	const orderNumber = `M-${row!.number}`;
	const lines = items.map(({ productId, sku, name, quantity, unitPrice }) => ({
		productId,
		sku,
		name,
		quantity,
		unitPrice,
	}));
	const total = totalOf(items);
	const { currency } = service;
	await participant.doOnce(
		tx,
		{ sagaId: orderId, step: "freeze", operationId: uuidv5("freeze", orderId) },
		async () => {
			await touchCart(tx, cart, { status: "CHECKING_OUT", userId: caller.id });
			const address = params.shippingAddress ? JSON.stringify(params.shippingAddress) : null;
			await tx.query(insertCheckout, [
				orderId,
				orderNumber,
				cart.id,
				caller.id,
				JSON.stringify(lines),
				total,
				currency,
				address,
				params.paymentToken,
			]);
		},
	);
	await service.publish(
		tx,
		CartCheckoutInitiated({
			cartId: cart.reference,
			orderId,
			orderNumber,
			userId: caller.id,
			items: lines,
			total,
			currency,
		}),
		{ correlationId: orderId, causationId: params.idempotencyKey },
	);
	return orderId;
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
