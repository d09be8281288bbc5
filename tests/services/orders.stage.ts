import { randomUUID } from "node:crypto";
import { Errors, type Context, type ServiceBroker } from "moleculer";
import { v7 as uuidv7 } from "uuid";
import type { Caller } from "../../mixins/access/access";
import { PUBLISH_EVENT } from "../../mixins/apollo/pubsub";
import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import type { Fact } from "../../mixins/events/contract";
import type { Verdict } from "../../mixins/events/transport";
import type { SagaRow } from "../../mixins/saga/store";
import type { Address } from "../../services/address";
import { CartCheckoutInitiated } from "../../services/cart/cart.events";
import type { OrderStatus } from "../../services/orders/orders.model";
import orders, { type OrdersService } from "../../services/orders/orders.service";
import type { NewOrder } from "../../services/orders/orders.table";
import type { OrderView } from "../../services/orders/orders.view";
import { testDatabase } from "../support/servers";
import { until } from "../support/until";
import { aloneOn, openBroker, warningsOf, type Receive } from "./alone.stage";

const QUESTIONS = [
	"cart.acceptedOrder",
	"cart.checkoutDetails",
	"cart.giveBack",
	"products.reserve",
	"products.undoReserve",
	"products.secure",
	"payments.authorise",
	"payments.void",
	"payments.capture",
	"payments.refund",
	"payments.settleByHand",
] as const;

/** What orders asks of the others. */
export type Question = (typeof QUESTIONS)[number];

/** What is answered: what it returns, or throws. */
export type Answer = () => unknown;

/** One for each time that it is asked, the last one for all that follow. What is not named is answered well. */
export type Answers = Partial<Record<Question, Answer[]>>;

export interface Asked {
	question: Question;
	params: object;
	/** What the request that it belongs to is called. */
	requestId: string | undefined;
	/** For how long an answer is waited for. */
	patienceMs: number | undefined;
}

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
export interface Desk extends AsyncDisposable {
	service: OrdersService;
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
	/** From now on questions about this order are answered so. */
	answers(order: NewOrder, answers: Answers): void;
	/** What was asked about an order since this was called last. */
	asked(order: NewOrder): Asked[];
	/** Of these, the questions alone. */
	questions(order: NewOrder): Question[];
	/** Delivers an event. */
	hear(queue: string, fact: Fact, envelope?: Partial<Envelope>): Promise<Verdict>;
	/** Calls an action as somebody whom the gateway knows. */
	call<Result = OrderView>(action: string, params: object, caller?: Caller, requestID?: string): Promise<Result>;
	/** The order as its owner reads it. */
	view(order: NewOrder): Promise<OrderView>;
	until(order: NewOrder, status: OrderStatus): Promise<OrderView>;
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

export const ADDRESS: Address = { name: "Ada", line1: "1 Loop Road", city: "Ulm", postalCode: "89073", country: "DE" };

export const ADMIN: Caller = { id: randomUUID(), role: "ADMIN" };

export const ownerOf = ({ userId }: NewOrder): Caller => ({ id: userId, role: "CUSTOMER" });
export const somebody = (): Caller => ({ id: randomUUID(), role: "CUSTOMER" });

/** A clear no. */
export const refuses =
	(type: string): Answer =>
	() => {
		throw new Errors.MoleculerClientError("That can't be", 409, type);
	};

/** Breaks down. */
export const fails: Answer = () => {
	throw new Errors.MoleculerError("A pipe burst", 500, "PIPE_BURST");
};

/** Is not there. */
export const isAway: Answer = () => {
	throw new Errors.MoleculerRetryableError("Nobody is there", 503, "SERVICE_NOT_AVAILABLE");
};

/** An answer that comes when the test says so. */
export function held(): { answer: Answer; comes(): void } {
	let comes!: () => void;
	const answer = new Promise<void>((resolve) => (comes = resolve));
	return { answer: () => answer, comes };
}

/** How the others answer until an order has come so far; from CONFIRMED on, well. */
const WAYS: Partial<Record<OrderStatus, Answers>> = {
	PENDING: { "products.reserve": [isAway] },
	CART_VALIDATED: { "payments.authorise": [isAway] },
	PAYMENT_PROCESSED: { "products.secure": [isAway] },
	FAILED: { "products.reserve": [refuses("OUT_OF_STOCK")], "products.undoReserve": [isAway] },
	COMPENSATED: { "products.reserve": [refuses("OUT_OF_STOCK")] },
};

const GOING = new Set<Saga["status"]>(["RUNNING", "COMPENSATING"]);

export async function openDesk(): Promise<Desk> {
	const { url, [Symbol.asyncDispose]: drop } = await testDatabase();
	const share = sharePool({ url });
	const broker = openBroker("desk");
	const { answers, asked, viewsOf } = standIns(broker);
	const queues = new Map<string, Receive>();
	const service = broker.createService(orders(aloneOn(url, queues))) as unknown as OrdersService;
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
			return desk.hear("orders.checkout", CartCheckoutInitiated({ orderId, orderNumber, ...rest }), told);
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
		call: (action, params, caller = ADMIN, requestID = undefined) =>
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
				{ what: `the ${name} of order ${order.id} to come to rest` },
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

/** What is answered where nothing else was said; what is not here is answered with nothing. */
const WELL: Answers = {
	"cart.acceptedOrder": [() => null],
	"cart.checkoutDetails": [() => ({ shippingAddress: ADDRESS })],
	"payments.refund": [() => ({ settled: "REFUNDED" })],
};

/** Who answers orders in place of cart, products and payments, and who follows orders in place of the gateway. */
function standIns(broker: ServiceBroker): Pick<Desk, "answers" | "asked"> & { viewsOf(order: NewOrder): OrderView[] } {
	const answersOf = new Map<string, Answers>();
	const heard = new Map<string, Asked[]>();
	const views = new Map<string, OrderView[]>();

	const answer = (question: Question) => async (ctx: Context<{ orderId: string }>) => {
		const { orderId } = ctx.params;
		const { options } = ctx as unknown as { options: { timeout?: number } };
		const asked = { question, params: ctx.params, requestId: ctx.requestID ?? undefined, patienceMs: options.timeout };
		heard.set(orderId, [...(heard.get(orderId) ?? []), asked]);
		const list = answersOf.get(orderId)?.[question] ?? WELL[question] ?? [];
		return (list.length > 1 ? list.shift() : list[0])?.();
	};
	for (const name of ["cart", "products", "payments"]) {
		const mine = QUESTIONS.filter((question) => question.startsWith(`${name}.`));
		const actions = mine.map((question) => [question.slice(name.length + 1), answer(question)]);
		broker.createService({ name, actions: Object.fromEntries(actions) as never });
	}
	broker.createService({
		name: "gateway",
		events: {
			[PUBLISH_EVENT]({ params: { tag, payload } }: Context<{ tag: string; payload: OrderView }>) {
				views.set(tag, [...(views.get(tag) ?? []), payload]);
			},
		},
	});
	return {
		answers: ({ id }, answers) => void answersOf.set(id, { ...answersOf.get(id), ...answers }),
		asked({ id }) {
			const asked = heard.get(id) ?? [];
			heard.delete(id);
			return asked;
		},
		viewsOf: ({ id }) => views.get(`order.${id}`) ?? [],
	};
}
