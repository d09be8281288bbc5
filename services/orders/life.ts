import type { Context } from "moleculer";
import { v5 as uuidv5 } from "uuid";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import type { Transaction } from "../../mixins/database/database";
import { idempotencyKeysOf } from "../../mixins/idempotency/idempotency";
import { OrderNotCancellableError, OrderNotFoundError, WrongOrderStatusError } from "./orders.errors";
import { OrderCancelled, OrderDelivered, OrderShipped } from "./orders.events";
import type { OrdersService } from "./orders.service";
import { advanceOrRefuse, findOrder, type OrderChange } from "./orders.table";
import type { OrderView } from "./orders.view";
import { readOrder } from "./reading";

type Ctx<Params> = Context<Params, CallerMeta>;

const idempotencyKeys = idempotencyKeysOf("orders");

type CancelParams = { id: string; reason?: string; idempotencyKey?: string };

/**
 * By its owner or an administrator, as long as the parcel has not left. The same key answers with the order as it is
 * by then.
 */
export async function cancelOrder(this: OrdersService, ctx: Ctx<CancelParams>): Promise<OrderView> {
	const { idempotencyKey: key, id, reason } = ctx.params;
	const request = { id, ...(reason && { reason }) };
	const caller = callerOf(ctx as Context<never, CallerMeta>);
	const known = await readOrder(this, request.id, caller);
	return this.db.transaction(
		async (tx) => {
			const cancel = () => acceptCancellation(this, tx, known, request.reason, causeOf(ctx));
			if (!key) return cancel();
			const scope = `cancel/${caller.id}`;
			await idempotencyKeys.once(tx, { scope, key, request }, async () => ({ orderId: (await cancel()).id }));
			return (await findOrder(tx, known.id))!;
		},
		{ about: [known.id] },
	);
}

/** @param known the order as it was a moment ago */
async function acceptCancellation(
	service: OrdersService,
	tx: Transaction,
	known: OrderView,
	reason: string | undefined,
	cause: ReturnType<typeof causeOf>,
): Promise<OrderView> {
	const { id, userId, cartId } = known;
	const order = await advanceOrRefuse(
		tx,
		{ id, from: ["CONFIRMED"], to: "CANCELLED", note: reason },
		// What orders has not heard of yet is as its checkout was accepted.
		(status = known.status) => new OrderNotCancellableError(id, status),
	);
	const items = order.items.map(({ productId, sku, name, quantity, unitPrice }) => ({
		productId,
		sku,
		name,
		quantity,
		unitPrice: unitPrice.amount,
	}));
	await service.publish(
		tx,
		OrderCancelled({ orderId: id, userId, cartId, items, reason: reason ?? "CUSTOMER" }),
		cause,
	);
	const sagaId = uuidv5("cancellation", id);
	await service.beginSaga(tx, "cancellation", { sagaId, data: { orderId: id, ...order.total }, correlationId: id });
	service.tellFollowers(tx, order);
	return order;
}

export function shipOrder(this: OrdersService, ctx: Ctx<{ id: string }>): Promise<OrderView> {
	return this.db.transaction(
		async (tx) => {
			const order = await move(this, tx, { id: ctx.params.id, from: ["CONFIRMED"], to: "SHIPPED" });
			await this.publish(tx, OrderShipped({ orderId: order.id, userId: order.userId }), causeOf(ctx));
			return order;
		},
		{ about: [ctx.params.id] },
	);
}

export function deliverOrder(this: OrdersService, ctx: Ctx<{ id: string }>): Promise<OrderView> {
	return this.db.transaction(
		async (tx) => {
			const order = await move(this, tx, { id: ctx.params.id, from: ["SHIPPED"], to: "DELIVERED" });
			await this.publish(tx, OrderDelivered({ orderId: order.id, userId: order.userId }), causeOf(ctx));
			return order;
		},
		{ about: [ctx.params.id] },
	);
}

/** @throws {OrderNotFoundError} {@link WrongOrderStatusError} */
async function move(service: OrdersService, tx: Transaction, change: OrderChange): Promise<OrderView> {
	const order = await advanceOrRefuse(tx, change, (status) =>
		status ? new WrongOrderStatusError(change.id, status, change.to) : new OrderNotFoundError(change.id),
	);
	service.tellFollowers(tx, order);
	return order;
}

function causeOf(ctx: Ctx<{ id: string }>) {
	return { correlationId: ctx.params.id, causationId: ctx.requestID ?? ctx.id };
}
