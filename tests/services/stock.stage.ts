import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { Database } from "../../mixins/database/database";
import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import type { Fact } from "../../mixins/events/contract";
import type { Envelope } from "../../mixins/events/envelope";
import type { Delivery, Verdict } from "../../mixins/events/transport";
import type { Operation } from "../../mixins/saga/participant";
import { OrderCancelled, OrderConfirmed } from "../../services/orders/orders.events";
import { expireReservations } from "../../services/products/expire";
import type { StockMovement } from "../../services/products/movements";
import products, { type ProductsService } from "../../services/products/products.service";
import type { Reservation, ReserveParams } from "../../services/products/reserve";
import { onServer } from "../support/postgres-server";
import { testDatabase } from "../support/servers";
import { until } from "../support/until";
import { gate } from "../mixins/transport.stage";
import { aloneOn, openBroker, type Receive } from "./alone.stage";

const PRICE = 1_999;

export interface Product {
	id: string;
	/** Minor units. */
	price: number;
}

export type Line = [product: Product, quantity: number];

/** Somebody's order, as its checkout knows it. */
export interface Order {
	id: string;
	cartId: string;
	lines: Line[];
	/** Doing and undoing are operations of one step, each with the id that all its repetitions share. */
	operations: Record<"reserve" | "undo", Operation>;
}

/** How it stands with what an order has reserved; SECURED is RESERVED without an end. */
export type ReservationState = "RESERVED" | "SECURED" | "EXPIRED" | "RELEASED" | "SOLD" | "RESTOCKED";

export interface StockFact {
	type: string;
	correlationId: string;
	causationId: string;
	data: unknown;
}

/** What became of an event that the service was told. */
export interface Told {
	eventId: string;
	verdict: Verdict;
}

/** The service `products` alone with its database, asked as the sagas and the events of orders ask it. */
export interface Storeroom extends AsyncDisposable {
	service: ProductsService;
	/** A share in the service's own pool. */
	db: Database;
	/** One statement of the test's. */
	look<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
	/** New products, so many of each on hand, in the order of their ids: stock is locked in this order, and answered for. */
	products<Stock extends number[]>(...onHand: Stock): Promise<{ [Index in keyof Stock]: Product }>;
	/** What an administrator changes of a product. */
	change(product: Product, to: { price?: number; active?: boolean }): Promise<unknown>;
	/** So many more, as an administrator has counted. */
	adjust(product: Product, delta: number): Promise<unknown>;
	/** A new order, for which nothing is reserved. */
	order(...lines: Line[]): Order;
	/** A new order for which what it wants has come so far. */
	given(state: ReservationState, ...lines: Line[]): Promise<Order>;
	/** @param said otherwise than the order's saga does */
	reserve(order: Order, said?: Partial<ReserveParams>, requestID?: string): Promise<Reservation>;
	undo(order: Order): Promise<unknown>;
	secure(order: Order): Promise<unknown>;
	confirmed(order: Order): Promise<Told>;
	/** @param reason what the customer has said */
	cancelled(order: Order, reason?: string): Promise<Told>;
	/** As if the time of what an order has reserved had been over for so many seconds. */
	overdue(order: Order, seconds?: number): Promise<void>;
	/** @returns how many reservations have expired by it */
	sweep(): Promise<number>;
	/** `undefined` where nothing was ever reserved. */
	state(order: Order): Promise<ReservationState | undefined>;
	stock(product: Product): Promise<{ onHand: number; reserved: number; sold: number }>;
	/** What is written of a product since it was opened, oldest first: kind, change on hand, change of what is reserved. */
	movements(product: Product): Promise<[string, number, number][]>;
	/** The reason that is written with the last of them. */
	lastReason(product: Product): Promise<string | null>;
	/** What is to be published of an order's stock. */
	facts(order: Order): Promise<StockFact[]>;
	/** Of these, the types alone. */
	types(order: Order): Promise<string[]>;
	/** A stranger has rows locked, until it lets them go. */
	holding(lock: string, values: unknown[]): Promise<{ letGo(): Promise<void> } & AsyncDisposable>;
	/** Waits until somebody waits for a stranger's locks. */
	untilWaiting(count?: number): Promise<unknown>;
	/** For how long work may wait for one lock, as PostgreSQL says when it comes to tell what it has done; that is not told. */
	lockWaitIn(work: () => Promise<unknown>): Promise<string | undefined>;
	/** Where stock, its movements and what orders hold don't add up. */
	faults(): Promise<string[]>;
}

/** Who makes products and fills the shelves. */
const CLERK = { id: randomUUID(), role: "ADMIN" };

export async function openStoreroom(): Promise<Storeroom> {
	const { url, [Symbol.asyncDispose]: drop } = await testDatabase();
	const share = sharePool({ url });
	const broker = openBroker("storeroom");
	const queues = new Map<string, Receive>();
	const service = broker.createService(products(aloneOn(url, queues))) as ProductsService;
	await broker.start();

	const { database: db } = share;
	const look: Storeroom["look"] = (text, values) => db.query(sql("", text), values);
	const call = <Answer>(action: string, params: object, requestID?: string): Promise<Answer> =>
		broker.call<Answer, object>(`products.${action}`, params, {
			meta: { caller: CLERK },
			...(requestID && { requestID }),
		});
	const tell = async (fact: Fact): Promise<Told> => {
		const delivery = deliveryOf(fact);
		return { eventId: delivery.messageId!, verdict: await queues.get("products.orders")!(delivery) };
	};

	const room: Storeroom = {
		service,
		db,
		look,
		async products(...onHand) {
			const made: Product[] = [];
			for (let count = 0; count < onHand.length; count++) {
				const { id } = await call<{ id: string }>("create", { sku: randomUUID(), name: "Lamp", price: PRICE });
				made.push({ id, price: PRICE });
			}
			const inOrder = made.toSorted((one, other) => (one.id < other.id ? -1 : 1));
			for (const [index, product] of inOrder.entries()) await room.adjust(product, onHand[index]!);
			return inOrder as never;
		},
		change: ({ id }, to) => call("update", { id, ...to }),
		adjust: ({ id: productId }, delta) => call("adjustStock", { productId, delta }),
		order: (...lines) => newOrder(lines),
		async given(state, ...lines) {
			const order = newOrder(lines);
			await room.reserve(order);
			if (state === "EXPIRED") {
				await room.overdue(order);
				await room.sweep();
			}
			if (state === "RELEASED") await room.undo(order);
			if (["SECURED", "SOLD", "RESTOCKED"].includes(state)) await room.secure(order);
			if (["SOLD", "RESTOCKED"].includes(state)) await room.confirmed(order);
			if (state === "RESTOCKED") await room.cancelled(order);
			return order;
		},
		reserve({ id: orderId, cartId, lines, operations: { reserve: operation } }, said, requestID = orderId) {
			const items = lines.map(([{ id: productId, price: unitPrice }, quantity]) => ({
				productId,
				quantity,
				unitPrice,
			}));
			return call("reserve", { operation, orderId, cartId, items, currency: "USD", ...said }, requestID);
		},
		undo: ({ id: orderId, operations: { undo: operation } }) =>
			call("undoReserve", { operation, orderId, reason: "ORDER_FAILED" }),
		secure: ({ id: orderId }) => call("secure", { orderId }),
		confirmed: (order) => tell(OrderConfirmed({ ...ordered(order), total: 1_999, currency: "USD" })),
		cancelled: (order, reason = "CUSTOMER") => tell(OrderCancelled({ ...ordered(order), reason })),
		async overdue({ id }, seconds = 1) {
			const text = "UPDATE catalog.reservations SET expires_at = now() - $2 * interval '1 second' WHERE order_id = $1";
			await look(text, [id, seconds]);
		},
		sweep: () => expireReservations(service),
		async state({ id }) {
			const rows = await look<{ state: ReservationState }>(
				`SELECT CASE WHEN state = 'RESERVED' AND expires_at IS NULL THEN 'SECURED' ELSE state END AS state
				FROM catalog.reservations WHERE order_id = $1`,
				[id],
			);
			return rows[0]?.state;
		},
		async stock({ id }) {
			const text = `SELECT on_hand AS "onHand", reserved, sold FROM catalog.stock WHERE product_id = $1`;
			return (await look<{ onHand: number; reserved: number; sold: number }>(text, [id]))[0]!;
		},
		async movements(product) {
			const written = await movementsOf(product);
			// What it was opened with, and what was put there.
			return written.slice(2).map(({ kind, onHandChange, reservedChange }) => [kind, onHandChange, reservedChange]);
		},
		lastReason: async (product) => (await movementsOf(product)).at(-1)!.reason,
		facts: ({ id }) =>
			look(
				`SELECT event_type AS type, correlation_id AS "correlationId", causation_id AS "causationId", data
				FROM catalog.outbox WHERE aggregate_id = $1 ORDER BY seq`,
				[id],
			),
		types: async (order) => (await room.facts(order)).map(({ type }) => type),
		holding: (lock, values) => holding(url, lock, values),
		untilWaiting: (count = 1) =>
			until(
				async () => {
					const waiting = await look(
						`SELECT FROM pg_stat_activity
						WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
					);
					return waiting.length >= count;
				},
				{ what: `${count} to wait for a lock` },
			),
		async lockWaitIn(work) {
			let limit: string | undefined;
			const publishing = jest.spyOn(service, "publish").mockImplementationOnce(async (tx) => {
				const [row] = await tx.query<{ lock_timeout: string }>(sql("", "SHOW lock_timeout"));
				limit = row!.lock_timeout;
			});
			await work().finally(() => publishing.mockRestore());
			return limit;
		},
		faults: async () => (await look<{ fault: string }>(FAULTS)).map(({ fault }) => fault),
		async [Symbol.asyncDispose]() {
			await broker.stop();
			await share.release();
			await drop();
		},
	};

	async function movementsOf({ id: productId }: Product): Promise<StockMovement[]> {
		const { items } = await call<{ items: StockMovement[] }>("movements", { productId, skip: 0, take: 100 });
		return items.toReversed();
	}
	return room;
}

function newOrder(lines: Line[]): Order {
	const id = randomUUID();
	const operation = (): Operation => ({ sagaId: id, step: "reserve", operationId: randomUUID() });
	return { id, cartId: randomUUID(), lines, operations: { reserve: operation(), undo: operation() } };
}

/** What orders tell of an order. */
function ordered({ id: orderId, cartId, lines }: Order) {
	const items = lines.map(([{ id: productId, price: unitPrice }, quantity]) => {
		return { productId, sku: "lamp", name: "Lamp", quantity, unitPrice };
	});
	return { orderId, userId: randomUUID(), cartId, items };
}

function deliveryOf({ contract, aggregateId, data }: Fact): Delivery {
	const envelope: Envelope = {
		event_id: uuidv7(),
		event_type: contract.type,
		version: contract.version,
		timestamp: new Date().toISOString(),
		correlation_id: aggregateId,
		causation_id: aggregateId,
		aggregate_id: aggregateId,
		aggregate_version: 1,
		producer: contract.producer,
		data,
	};
	return {
		queue: "products.orders",
		exchange: contract.exchange,
		routingKey: contract.routingKey,
		messageId: envelope.event_id,
		body: Buffer.from(JSON.stringify(envelope)),
		attempt: 1,
		returned: 0,
	};
}

async function holding(url: string, lock: string, values: unknown[]): ReturnType<Storeroom["holding"]> {
	const [held, free] = [gate(), gate()];
	const over = onServer(url, async (client) => {
		await client.query("BEGIN");
		await client.query(lock, values);
		held.open();
		await free.opened;
	});
	await Promise.race([held.opened, over]);
	const letGo = (): Promise<void> => {
		free.open();
		return over;
	};
	return { letGo, [Symbol.asyncDispose]: letGo };
}

const FAULTS = `WITH moved AS (
		SELECT product_id, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved
		FROM catalog.stock_movements GROUP BY product_id
	), ordered AS (
		SELECT product_id, coalesce(sum(quantity) FILTER (WHERE state = 'RESERVED'), 0) AS reserved,
			coalesce(sum(quantity) FILTER (WHERE state = 'SOLD'), 0) AS sold
		FROM catalog.reservation_lines JOIN catalog.reservations USING (order_id) GROUP BY product_id
	)
	SELECT format(
		'of %s there are %s on hand (%s by its movements), %s reserved (%s by its movements, %s by orders), %s sold (%s by orders)',
		product_id, s.on_hand, m.on_hand, s.reserved, m.reserved, o.reserved, s.sold, o.sold
	) AS fault
	FROM catalog.stock s LEFT JOIN moved m USING (product_id) LEFT JOIN ordered o USING (product_id)
	WHERE (s.on_hand, s.reserved) IS DISTINCT FROM (m.on_hand, m.reserved)
		OR (s.reserved, s.sold) IS DISTINCT FROM (coalesce(o.reserved, 0), coalesce(o.sold, 0))`;
