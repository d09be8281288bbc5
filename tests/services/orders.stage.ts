import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../../mixins/access/access";
import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import type { Fact } from "../../mixins/events/contract";
import type { Verdict } from "../../mixins/events/transport";
import type { WithRetention } from "../../mixins/retention/retention.mixin";
import type { SagaRow } from "../../mixins/saga/store";
import { CartCheckoutInitiated } from "../../services/cart/cart.events";
import type { OrderStatus } from "../../services/orders/orders.model";
import orders, { type OrdersService } from "../../services/orders/orders.service";
import type { NewOrder } from "../../services/orders/orders.table";
import type { OrderView } from "../../services/orders/orders.view";
import { testDatabase } from "../support/servers";
import { until } from "../support/until";
import { aloneOn, openBroker, warningsOf, type Receive } from "./alone.stage";
import { isAway, refuses, standIns, type Answers, type Question, type StandIns } from "./orders-stand-ins.stage";

export interface PublishedFact {
	type: string;
	correlationId: string;
	causationId: string;
	data: object;
}

export interface Saga {
	id: string;
	status: SagaRow["status"];
	failureReason: string | null;
	correlationId: string;
	data: object;
}

type Act = "retrySaga" | "skipSagaStep" | "completeSaga";
type SagaName = "checkout" | "cancellation" | "settlement by hand" | "giving back by hand";

/** The service `orders` alone with its database, and in place of all others who answers it. */
export interface Desk extends Pick<StandIns, "answers" | "asked">, AsyncDisposable {
	service: OrdersService & WithRetention;
	/** One statement of the test's. */
	look<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
	/** What the cart has accepted and orders has not heard of; questions about it are answered so. */
	accepted(answers?: Answers): NewOrder;
	/** Orders hears of a checkout that was accepted. */
	starts(order: NewOrder, envelope?: Partial<Envelope>): Promise<Verdict>;
	/** An order whose checkout has begun. */
	placed(answers?: Answers): Promise<NewOrder>;
	/** An order that has come so far, and stays there. */
	given(status: OrderStatus): Promise<NewOrder>;
	/** The questions alone that were asked about an order since it was looked last. */
	questions(order: NewOrder): Question[];
	/** Delivers an event. */
	hear(queue: string, fact: Fact, envelope?: Partial<Envelope>): Promise<Verdict>;
	/** Calls an action as somebody whom the gateway knows. */
	call<Result = OrderView>(action: string, params: object, caller?: Caller, requestID?: string): Promise<Result>;
	/** The order as its owner reads it. */
	view(order: NewOrder): Promise<OrderView>;
	until(order: NewOrder, status: OrderStatus): Promise<OrderView>;
	/** Has an order become something in a transaction that commits when what is done meanwhile waits for it. */
	whileItBecomes<Result>(status: OrderStatus, order: NewOrder, doing: () => Promise<Result>): Promise<Result>;
	/** What a change says that it is about, so that others who want it as well can wait for it together. */
	aboutWhat(change: () => Promise<unknown>): Promise<string[]>;
	/** What is to be published of an order. */
	facts(order: NewOrder): Promise<PublishedFact[]>;
	/** What those who follow an order were told until now. */
	told(order: NewOrder): Promise<OrderView[]>;
	/** The sagas of this name about an order. */
	sagas(order: NewOrder, name: SagaName): Promise<Saga[]>;
	/** Waits until the sagas of this name about an order, one or more, have nothing more to do by themselves. */
	allRest(order: NewOrder, name: SagaName): Promise<Saga[]>;
	/** Of these, the first one. */
	rest(order: NewOrder, name: SagaName): Promise<Saga>;
	/** A saga's log as a person reads it, e.g. `reserve the stock: do SUCCEEDED`. */
	log(sagaId: string): Promise<string[]>;
	/** What Grace decides about a saga that waits for a person. */
	decides(act: Act, sagaId: string, step?: string): Promise<unknown>;
	/** What the log warns of. */
	warnings: string[];
}

export const ADMIN: Caller = { id: randomUUID(), role: "ADMIN" };

export const ownerOf = ({ userId }: NewOrder): Caller => ({ id: userId, role: "CUSTOMER" });
export const somebody = (): Caller => ({ id: randomUUID(), role: "CUSTOMER" });

/** How the others answer until an order has come so far; from CONFIRMED on, well. */
const WAYS: Partial<Record<OrderStatus, Answers>> = {
	PENDING: { "products.reserve": [isAway] },
	CART_VALIDATED: { "payments.authorise": [isAway] },
	PAYMENT_PROCESSED: { "products.secure": [isAway] },
	FAILED: { "products.reserve": [refuses("OUT_OF_STOCK")], "products.undoReserve": [isAway] },
	COMPENSATED: { "products.reserve": [refuses("OUT_OF_STOCK")] },
};

const become = sql("", "UPDATE orders.orders SET status = $2 WHERE id = $1");
const waiting = `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
	WHERE datname = current_database() AND NOT granted`;

const GOING = new Set<Saga["status"]>(["RUNNING", "COMPENSATING"]);

export async function openDesk(): Promise<Desk> {
	const { url, [Symbol.asyncDispose]: drop } = await testDatabase();
	const share = sharePool({ url });
	const broker = openBroker("desk");
	const { answers, asked, viewsOf } = standIns(broker);
	const queues = new Map<string, Receive>();
	const service = broker.createService(orders(aloneOn(url, queues))) as Desk["service"];
	const warnings = warningsOf(service);
	await broker.start();

	const look: Desk["look"] = (text, values) => share.database.query(sql("", text), values);
	const desk: Desk = {
		service,
		look,
		accepted(given = {}) {
			const order = newOrder();
			answers(order, given);
			return order;
		},
		starts({ id: orderId, number: orderNumber, ...rest }, told) {
			const accepted = CartCheckoutInitiated({ orderId, orderNumber, ...rest });
			return desk.hear("orders.checkout", accepted, { correlation_id: orderId, ...told });
		},
		async placed(given) {
			const order = desk.accepted(given);
			await desk.starts(order);
			return order;
		},
		async given(status) {
			const order = await desk.placed(WAYS[status]);
			const isBought = WAYS[status] === undefined;
			if (isBought || status === "COMPENSATED") await desk.rest(order, "checkout");
			if (status === "CANCELLED") {
				await desk.call("cancel", { id: order.id }, ownerOf(order));
				await desk.rest(order, "cancellation");
			}
			if (status === "SHIPPED" || status === "DELIVERED") await desk.call("ship", { id: order.id });
			if (status === "DELIVERED") await desk.call("deliver", { id: order.id });
			await desk.until(order, status);
			asked(order);
			return order;
		},
		answers,
		asked,
		questions: (order) => asked(order).map(({ question }) => question),
		async hear(queue, fact, told) {
			const envelope = envelopeOf(fact, told);
			return queues.get(queue)!({
				queue,
				exchange: fact.contract.exchange,
				routingKey: fact.contract.routingKey,
				messageId: envelope.event_id,
				body: Buffer.from(JSON.stringify(envelope)),
				attempt: 1,
				returned: 0,
			});
		},
		call: (action, params, caller = ADMIN, requestID) =>
			broker.call(`orders.${action}`, params, { meta: { caller }, ...(requestID && { requestID }) }),
		view: (order) => desk.call("get", { id: order.id }, ownerOf(order)),
		until: (order, status) =>
			until(
				async () => {
					const view = await desk.view(order);
					return view.status === status && view;
				},
				{ what: `order ${order.id} to be ${status}` },
			),
		async whileItBecomes<Result>(status: OrderStatus, { id }: NewOrder, doing: () => Promise<Result>) {
			let done: Promise<Result> | undefined;
			await share.database.upkeep.transaction(async (tx) => {
				await tx.query(become, [id, status]);
				done = doing();
				await until(async () => (await look(waiting)).length > 0, { what: `somebody to wait for order ${id}` });
			});
			return done!;
		},
		async aboutWhat(change) {
			const transaction = jest.spyOn(service.db, "transaction");
			await change();
			const about = transaction.mock.calls.flatMap(([, options]) => options?.about ?? []);
			transaction.mockRestore();
			return about;
		},
		facts: ({ id }) =>
			look(
				`SELECT event_type AS type, correlation_id AS "correlationId", causation_id AS "causationId", data
				FROM orders.outbox WHERE aggregate_id = $1 ORDER BY seq`,
				[id],
			),
		async told(order) {
			const { version } = await desk.view(order);
			// Who follows is told after the commit, and nobody of an order's first version.
			await until(() => (viewsOf(order).at(-1)?.version ?? 1) >= version, {
				what: `somebody to be told of version ${version} of order ${order.id}`,
				withinMs: 10_000,
			});
			return viewsOf(order);
		},
		sagas: ({ id }, name) =>
			look(
				`SELECT saga_id AS id, status, failure_reason AS "failureReason", correlation_id AS "correlationId", data
				FROM orders.saga_state WHERE saga = $2 AND $1 IN (data ->> 'orderId', data ->> 'id') ORDER BY created_at`,
				[id, name],
			),
		rest: async (order, name) => (await desk.allRest(order, name))[0]!,
		allRest: (order, name) =>
			until(
				async () => {
					const sagas = await desk.sagas(order, name);
					return sagas.length > 0 && !sagas.some(({ status }) => GOING.has(status)) && sagas;
				},
				{ what: `the ${name} of order ${order.id} to come to rest`, withinMs: 15_000 },
			),
		async log(sagaId) {
			const text = `SELECT format('%s: %s %s', step, direction, outcome) AS line
				FROM orders.saga_log WHERE saga_id = $1 ORDER BY seq`;
			return (await look<{ line: string }>(text, [sagaId])).map(({ line }) => line);
		},
		decides: (act, sagaId, step) =>
			desk.call(act, { sagaId, ...(step && { step }), by: "grace@console", reason: "see ticket 4711" }),
		warnings,
		async [Symbol.asyncDispose]() {
			await broker.stop();
			await share.release();
			await drop();
		},
	};
	return desk;
}

function newOrder(): NewOrder {
	const line = (name: string, quantity: number, unitPrice: number) => {
		return { productId: randomUUID(), sku: name.toUpperCase(), name: `A ${name}`, quantity, unitPrice };
	};
	const id = randomUUID();
	return {
		id,
		number: `M-${id.slice(0, 8)}`,
		userId: randomUUID(),
		cartId: randomUUID(),
		items: [line("lamp", 2, 1_250), line("rug", 1, 4_900)],
		total: 7_400,
		currency: "USD",
	};
}

/** As an outbox would send it, unless told otherwise. */
function envelopeOf({ contract, data, aggregateId }: Fact, told: Partial<Envelope> = {}): Envelope {
	return {
		event_id: uuidv7(),
		event_type: contract.type,
		version: contract.version,
		timestamp: new Date().toISOString(),
		correlation_id: randomUUID(),
		causation_id: randomUUID(),
		aggregate_id: aggregateId,
		aggregate_version: 1,
		producer: contract.producer,
		data,
		...told,
	};
}
