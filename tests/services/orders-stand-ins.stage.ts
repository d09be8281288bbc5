import { Errors, type Context, type ServiceBroker } from "moleculer";
import { PUBLISH_EVENT } from "../../mixins/apollo/pubsub";
import type { Address } from "../../services/address";
import type { OrderView } from "../../services/orders/orders.view";

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

/** One question, as it came. */
export interface Asked {
	question: Question;
	params: object;
	/** What the request that it belongs to is called. */
	requestId: string | undefined;
	/** For how long an answer is waited for. */
	patienceMs: number | undefined;
}

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

/** Where parcels go. */
export const ADDRESS: Address = { name: "Ada", line1: "1 Loop Road", city: "Ulm", postalCode: "89073", country: "DE" };

/** What is answered where nothing else was said; what is not here is answered with nothing. */
const WELL: Answers = {
	"cart.acceptedOrder": [() => null],
	"cart.checkoutDetails": [() => ({ shippingAddress: ADDRESS })],
	"payments.refund": [() => ({ settled: "REFUNDED" })],
};

/** What a test says to the others, and asks them. */
export interface StandIns {
	/** From now on questions about this order are answered so. */
	answers(order: { id: string }, answers: Answers): void;
	/** What was asked about an order since this was called last. */
	asked(order: { id: string }): Asked[];
	/** What those who follow an order have been told. */
	viewsOf(order: { id: string }): OrderView[];
}

/** Who answers orders in place of cart, products and payments, and who follows orders in place of the gateway. */
export function standIns(broker: ServiceBroker): StandIns {
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
