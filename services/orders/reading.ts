import type { Context } from "moleculer";
import { callerOf, type Caller, type CallerMeta } from "../../mixins/access/access";
import { OrderNotFoundError } from "./orders.errors";
import type { OrderStatus } from "./orders.model";
import type { OrdersService } from "./orders.service";
import { findOrder, findOrders, listOrders } from "./orders.table";
import type { OrderView } from "./orders.view";

/** One's own, or for administrators anybody's. */
export function getOrder(this: OrdersService, ctx: Context<{ id: string }, CallerMeta>): Promise<OrderView> {
	return readOrder(this, ctx.params.id, callerOf(ctx as Context<never, CallerMeta>));
}

/**
 * An order exists from the moment that its checkout was accepted: what this service has not heard of yet, the cart has.
 * @throws {OrderNotFoundError} also for somebody else's order
 */
export async function readOrder(service: OrdersService, id: string, caller: Caller): Promise<OrderView> {
	const order = (await findOrder(service.db, id)) ?? (await acceptedOrder(service, id));
	const mayRead = order !== undefined && (order.userId === caller.id || caller.role === "ADMIN");
	if (!mayRead) throw new OrderNotFoundError(id);
	return order;
}

async function acceptedOrder(service: OrdersService, orderId: string): Promise<OrderView | undefined> {
	const accepted = await service.broker.call<OrderView | null, { orderId: string }>("cart.acceptedOrder", { orderId });
	// The event may have arrived while the cart was asked.
	return accepted ? ((await findOrder(service.db, orderId)) ?? accepted) : undefined;
}

/** One entry for each id, in their order; null for one that is not there. */
export async function resolveOrders(
	this: OrdersService,
	ctx: Context<{ ids: string[] }>,
): Promise<(OrderView | null)[]> {
	const found = new Map((await findOrders(this.db, ctx.params.ids)).map((order) => [order.id, order]));
	return ctx.params.ids.map((id) => found.get(id) ?? null);
}

type ListParams = { status?: OrderStatus; mine: boolean; skip: number; take: number };

/** One's own; for administrators everybody's, unless they ask as the customers that they are too. */
export function orders(
	this: OrdersService,
	ctx: Context<ListParams, CallerMeta>,
): Promise<{ items: OrderView[]; totalItems: number }> {
	const caller = callerOf(ctx as Context<never, CallerMeta>);
	const { mine, ...page } = ctx.params;
	const userId = caller.role === "ADMIN" && !mine ? undefined : caller.id;
	return listOrders(this.db, { ...page, userId });
}
