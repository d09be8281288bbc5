import { randomUUID } from "node:crypto";
import { v5 as uuidv5 } from "uuid";
import { UnknownAggregateError } from "../../mixins/events/unknown-aggregate";
import { expireReservations } from "../../services/products/expire";
import type { ProductsService } from "../../services/products/products.service";
import { restockOnCancelled, sellOnConfirmed } from "../../services/products/sell";
import type { Shop } from "../support/shop";
import type { ModelOrder, Move, State } from "./inventory-model";

/** "done", or the type or code of the refusal. */
export type Answer = string;

export interface StockRow {
	on_hand: number;
	reserved: number;
	sold: number;
}

/** The products service as sagas and events drive it, with nobody in between. */
export interface Inventory {
	price: number;
	make(move: Move, order: ModelOrder): Promise<Answer>;
	adjust(productId: string, delta: number): Promise<Answer>;
	/** Other terms than the shoppers saw, or theirs again. */
	change(productId: string, to: { active: boolean; price: number }): Promise<void>;
	/** Sweeps what has expired until nothing is left to sweep. */
	settle(): Promise<void>;
	statesOf(orderIds: readonly string[]): Promise<Map<string, State>>;
	stockOf(productId: string): Promise<StockRow>;
	/** What the written movements add up to. */
	movementsOf(productId: string): Promise<Pick<StockRow, "on_hand" | "reserved">>;
}

export function inventoryOf(shop: Shop): Inventory {
	const service = shop.node().broker.getLocalService("products") as unknown as ProductsService;
	const price = 1_000;
	const call = (action: string, params: object, meta = {}): Promise<unknown> =>
		service.broker.call(`products.${action}`, params, { meta });

	const moves: Record<Move, (order: ModelOrder) => Promise<unknown>> = {
		reserve: (order) =>
			call("reserve", {
				operation: operationOf(order, "do"),
				orderId: order.id,
				cartId: order.id,
				items: [...order.wants].map(([productId, quantity]) => ({ productId, quantity, unitPrice: price })),
			}),
		async expire({ id }) {
			await shop.database.query(
				`UPDATE catalog.reservations SET expires_at = now() - interval '1 second'
				WHERE order_id = $1 AND state = 'RESERVED' AND expires_at IS NOT NULL`,
				[id],
			);
			await expireReservations(service);
		},
		secure: ({ id }) => call("secure", { orderId: id }),
		sell: ({ id }) => service.db.transaction((tx) => sellOnConfirmed.call(service, tx, factOf(id))),
		release: (order) =>
			call("undoReserve", { operation: operationOf(order, "undo"), orderId: order.id, reason: "ORDER_FAILED" }),
		cancel: ({ id }) => service.db.transaction((tx) => restockOnCancelled.call(service, tx, factOf(id))),
	};

	return {
		price,
		make: (move, order) => answerOf(moves[move](order)),
		adjust: (productId, delta) =>
			answerOf(call("adjustStock", { productId, delta }, { caller: { id: randomUUID(), role: "ADMIN" } })),
		async change(productId, { active, price: to }) {
			await shop.database.query("UPDATE catalog.products SET active = $2, price = $3 WHERE id = $1", [
				productId,
				active,
				to,
			]);
		},
		async settle() {
			while ((await expireReservations(service)) > 0);
		},
		async statesOf(orderIds) {
			const { rows } = await shop.database.query<{ id: string; state: State }>(
				`SELECT order_id AS id, CASE WHEN state = 'RESERVED' AND expires_at IS NULL THEN 'SECURED' ELSE state END AS state
				FROM catalog.reservations WHERE order_id = ANY ($1)`,
				[orderIds],
			);
			return new Map(rows.map(({ id, state }) => [id, state]));
		},
		async stockOf(productId) {
			const { rows } = await shop.database.query<StockRow>(
				"SELECT on_hand, reserved, sold::int FROM catalog.stock WHERE product_id = $1",
				[productId],
			);
			return rows[0]!;
		},
		async movementsOf(productId) {
			const { rows } = await shop.database.query<StockRow>(
				`SELECT sum(on_hand_change)::int AS on_hand, sum(reserved_change)::int AS reserved
				FROM catalog.stock_movements WHERE product_id = $1`,
				[productId],
			);
			return rows[0]!;
		},
	};
}

function operationOf({ id }: ModelOrder, direction: "do" | "undo") {
	return { sagaId: id, step: "reserve", operationId: uuidv5(direction, id) };
}

/** As much of an order's event as the inventory reads. */
function factOf(orderId: string) {
	return { data: { orderId, reason: "CUSTOMER" }, event_id: randomUUID() } as never;
}

async function answerOf(work: Promise<unknown>): Promise<Answer> {
	try {
		await work;
		return "done";
	} catch (error) {
		if (error instanceof UnknownAggregateError) return error.code;
		const { type } = error as { type?: string };
		if (type === undefined || type === "") throw error;
		return type;
	}
}
