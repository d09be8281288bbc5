import { randomUUID } from "node:crypto";
import type { Context, ServiceBroker } from "moleculer";
import { sharePool } from "../../mixins/database/pools";
import { sql } from "../../mixins/database/statement";
import type { Operation } from "../../mixins/saga/participant";
import type { AuthoriseParams } from "../../services/payments/authorise";
import payments, { type PaymentsService } from "../../services/payments/payments.service";
import type { PaymentStatus, SettledByHand } from "../../services/payments/payments.table";
import type { PaymentProvider } from "../../services/payments/providers/provider";
import { testDatabase } from "../support/servers";
import { aloneOn, openBroker, warningsOf } from "./alone.stage";

/** Somebody's order, as the sagas that deal with it know it. */
export interface Order {
	id: string;
	/** Minor units. */
	amount: number;
	currency: string;
	/** The operations of its sagas, each with the id that all its repetitions share. */
	operations: Record<"authorise" | "void" | "capture" | "refund", Operation>;
}

export interface Payment {
	id: string;
	status: PaymentStatus;
	failure_reason: string | null;
	by_hand: object[] | null;
}

export interface Fact {
	type: string;
	causationId: string;
	data: unknown;
}

/** What the shop may ask of the provider. */
export type Question = Exclude<keyof PaymentProvider, "listen" | "close">;

/** What a test may say otherwise than the order's saga does. */
type Told = Partial<Omit<AuthoriseParams, "orderId">>;

/** The service `payments` alone with its database and its provider, and in place of all others who answers it. */
export interface Till extends AsyncDisposable {
	url: string;
	service: PaymentsService;
	broker: ServiceBroker;
	/** One statement of the test's. */
	look<Row extends object>(text: string, values?: unknown[]): Promise<Row[]>;
	/** A new order, which nobody has paid for. */
	order(token?: string): Order;
	/** From now on the cart of this order has another token, or none. */
	pays(order: Order, token: string | undefined): void;
	/** A new order whose payment has come so far, by itself. */
	given(status: PaymentStatus): Promise<Order>;
	authorise(order: Order, told?: Told): Promise<unknown>;
	capture(order: Order, told?: Told): Promise<unknown>;
	refund(order: Order, told?: Told): Promise<unknown>;
	void(order: Order): Promise<unknown>;
	/** @param decided defaults to what Grace has done */
	settle(
		order: Order,
		what: SettledByHand["what"],
		decided?: Partial<SettledByHand & { operation: Operation }>,
	): unknown;
	/** Has a question about an order go another way, once. */
	once(order: Order, question: Question, answer: (ask: () => Promise<never>) => Promise<unknown>): void;
	/** What the provider was asked about an order since this was called last. */
	asked(order: Order): Question[];
	/** `undefined` where payments knows nothing of the order. */
	payment(order: Order): Promise<Payment | undefined>;
	status(order: Order): Promise<PaymentStatus | undefined>;
	/** The provider's own books. */
	ledger(order: Order): Promise<string[]>;
	/** What is to be published. */
	facts(order: Order): Promise<Fact[]>;
	/** Of these, the types alone. */
	types(order: Order): Promise<string[]>;
	/** As if nothing had happened to an order for a minute. */
	aMinuteLater(order: Order): Promise<void>;
	/** The checkouts that are over, as orders says; what is thrown is how it says so. */
	over: { sagas: Set<string>; trouble: Error | undefined };
	/** How long others are given for an answer, in milliseconds, by the action that is called. */
	patienceMs: Map<string, number | undefined>;
	/** What the log warns of. */
	warnings: string[];
}

export async function openTill(): Promise<Till> {
	const { url, [Symbol.asyncDispose]: drop } = await testDatabase();
	const share = sharePool({ url });
	const broker = openBroker("till");
	const tokens = new Map<string, string | undefined>();
	const over: Till["over"] = { sagas: new Set(), trouble: undefined };
	const patienceMs: Till["patienceMs"] = new Map();
	standIns(broker, { tokens, over, patienceMs });
	const service = openService(broker, url);
	const warnings = warningsOf(service);
	const { asked, once } = listenIn(service.provider);
	await broker.start();

	const look: Till["look"] = (text, values) => share.database.query(sql("", text), values);
	const call = (action: string, operation: Operation, params: object): Promise<unknown> =>
		broker.call(`payments.${action}`, { operation, ...params });
	const order = (token = "tok_approve"): Order => {
		const made = newOrder();
		tokens.set(made.id, token);
		return made;
	};
	const sumOf = ({ id: orderId, amount, currency }: Order) => ({ orderId, amount, currency });

	const till: Till = {
		url,
		service,
		broker,
		look,
		order,
		pays: ({ id }, token) => void tokens.set(id, token),
		async given(status) {
			if (status === "AUTHORIZING") return unanswered(till);
			const made = order(status === "DECLINED" ? "tok_decline" : "tok_approve");
			const authorised = till.authorise(made);
			await (status === "DECLINED" ? authorised.catch(() => undefined) : authorised);
			if (status === "CAPTURED" || status === "REFUNDED") await till.capture(made);
			if (status === "REFUNDED") await till.refund(made);
			if (status === "VOIDED") await till.void(made);
			asked(made);
			return made;
		},
		authorise: (made, told) => call("authorise", made.operations.authorise, { ...sumOf(made), ...told }),
		capture: (made, told) => call("capture", made.operations.capture, { ...sumOf(made), ...told }),
		refund: (made, told) => call("refund", made.operations.refund, { ...sumOf(made), ...told }),
		void: (made) => call("void", made.operations.void, { orderId: made.id }),
		settle(made, what, decided) {
			const operation = { ...made.operations[what], operationId: randomUUID() };
			const decision = { isDone: true, by: "grace@console", reason: "see ticket 4711", ...decided };
			return call("settleByHand", operation, { orderId: made.id, what, ...decision });
		},
		once,
		asked,
		async payment({ id }) {
			const text = "SELECT id, status, failure_reason, by_hand FROM payments.payments WHERE order_id = $1";
			return (await look<Payment>(text, [id]))[0];
		},
		status: async (made) => (await till.payment(made))?.status,
		types: async (made) => (await till.facts(made)).map(({ type }) => type),
		async ledger({ id }) {
			const text = "SELECT kind, amount, currency FROM sandbox_provider.ledger WHERE order_id = $1 ORDER BY at";
			const rows = await look<{ kind: string; amount: number; currency: string }>(text, [id]);
			return rows.map(({ kind, amount, currency }) => `${kind} ${amount} ${currency}`);
		},
		facts: ({ id }) =>
			look(
				`SELECT event_type AS type, causation_id AS "causationId", data FROM payments.outbox
				WHERE correlation_id = $1 ORDER BY seq`,
				[id],
			),
		async aMinuteLater({ id }) {
			for (const [table, column] of [
				["payments", "order_id"],
				["saga_state", "saga_id"],
			]) {
				const text = `UPDATE payments.${table} SET updated_at = updated_at - interval '1 minute' WHERE ${column} = $1`;
				await look(text, [id]);
			}
		},
		over,
		patienceMs,
		warnings,
		async [Symbol.asyncDispose]() {
			await broker.stop();
			await share.release();
			await drop();
		},
	};
	return till;
}

/** The service itself, whose events stay in its outbox. */
export function openService(broker: ServiceBroker, url: string): PaymentsService {
	return broker.createService(payments(aloneOn(url)));
}

function newOrder(): Order {
	const id = randomUUID();
	const operation = (step: string, sagaId = id): Operation => ({ sagaId, step, operationId: randomUUID() });
	return {
		id,
		amount: 1_999,
		currency: "USD",
		operations: {
			authorise: operation("authorise"),
			void: operation("authorise"),
			capture: operation("capture"),
			// A cancellation is a saga of its own.
			refund: operation("refund", randomUUID()),
		},
	};
}

/** An order of which nobody knows yet whether its payment is approved: the provider was asked and has not answered. */
async function unanswered(till: Till): Promise<Order> {
	const made = till.order();
	till.once(made, "authorise", () => Promise.reject(new Error("no route")));
	await till.authorise(made).catch(() => undefined);
	till.asked(made);
	return made;
}

/** Who answers payments in place of cart and orders. */
function standIns(
	broker: ServiceBroker,
	{ tokens, over, patienceMs }: Pick<Till, "over" | "patienceMs"> & { tokens: Map<string, string | undefined> },
): void {
	const note = (ctx: Context<never>): void =>
		void patienceMs.set(ctx.action!.name!, (ctx as Context & { options: { timeout?: number } }).options.timeout);
	broker.createService({
		name: "cart",
		actions: {
			paymentToken(ctx: Context<{ orderId: string }>) {
				note(ctx as never);
				const token = tokens.get(ctx.params.orderId);
				if (token === undefined) throw new Error("the cart is locked");
				return { token };
			},
		},
	});
	broker.createService({
		name: "orders",
		actions: {
			sagasOver(ctx: Context<{ sagaIds: string[] }>) {
				note(ctx as never);
				if (over.trouble) throw over.trouble;
				return ctx.params.sagaIds.filter((id) => over.sagas.has(id));
			},
		},
	});
}

const QUESTIONS: readonly Question[] = ["authorise", "lookUp", "capture", "standing", "void", "refund"];

/** Hears what the provider is asked, and may have it answer otherwise. */
function listenIn(provider: PaymentProvider): Pick<Till, "asked" | "once"> {
	type Ask = (about: string | { orderId: string }, signal: AbortSignal) => Promise<never>;
	/** By the order's id, or by its authorisation's where that is all that is asked with. */
	let heard: { question: Question; id: string }[] = [];
	const otherwise = new Map<string, (ask: () => Promise<never>) => Promise<unknown>>();
	for (const question of QUESTIONS) {
		const ask = provider[question].bind(provider) as Ask;
		const heardFirst: Ask = (about, signal) => {
			const id = typeof about === "string" ? about : about.orderId;
			heard.push({ question, id });
			const answer = otherwise.get(`${question} ${id}`);
			otherwise.delete(`${question} ${id}`);
			return answer ? (answer(() => ask(about, signal)) as Promise<never>) : ask(about, signal);
		};
		Object.assign(provider, { [question]: heardFirst });
	}
	const idsOf = ({ id, operations }: Order): string[] => [id, operations.authorise.operationId];
	return {
		asked(order) {
			const questions = heard.filter(({ id }) => idsOf(order).includes(id)).map(({ question }) => question);
			heard = heard.filter(({ id }) => !idsOf(order).includes(id));
			return questions;
		},
		once: (order, question, answer) => {
			for (const id of idsOf(order)) otherwise.set(`${question} ${id}`, answer);
		},
	};
}
