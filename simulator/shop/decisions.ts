import type { Control } from "../world/postgres/control";
import type { Command } from "./client";
import type { ListedSaga } from "./deciding";
import type { Plan } from "./plan";
import type { Refused } from "./refusing-books";

/** A line of a saga's log, in its order, and what it was about. */
interface LogLine {
	sagaId: string;
	orderId: string;
	step: string;
	direction: "do" | "undo";
	outcome: string;
	by: string | null;
	reason: string | null;
}

/** What payments has written down of a decision. */
interface Note {
	orderId: string;
	status: string;
	what: string;
	isDone: boolean;
	by: string;
	reason: string;
}

const OUTCOME_OF: Readonly<Record<string, string>> = {
	"orders.retrySaga": "RETRIED",
	"orders.skipSagaStep": "SKIPPED",
	"orders.completeSaga": "COMPLETED_BY_HAND",
};
const DECIDED = new Set(Object.values(OUTCOME_OF));

/** What payments has to hear of. */
const PAYMENTS_PART: Readonly<Record<string, string>> = {
	"do capture the payment": "capture",
	"do refund the payment": "refund",
	"undo authorise the payment": "void",
};

/** Which steps a person may have to see to, where a book refuses something. */
const STUCK_BY: Readonly<Record<Refused, readonly string[]>> = {
	capture: ["do capture the payment"],
	refund: ["do refund the payment"],
	void: ["undo authorise the payment", "do refund the payment"],
	release: ["undo reserve the stock", "do give back what is held"],
	"give the cart back": ["undo freeze the cart", "do give back what is held"],
};

const LOG = `SELECT l.saga_id AS "sagaId", correlation_id AS "orderId", l.step, direction, outcome, detail ->> 'by' AS by,
		detail ->> 'reason' AS reason
	FROM orders.saga_log l JOIN orders.saga_state s ON s.saga_id = l.saga_id ORDER BY l.saga_id, seq`;

const NOTES = `SELECT order_id AS "orderId", status, note ->> 'what' AS what, (note ->> 'isDone')::boolean AS "isDone",
		note ->> 'by' AS by, note ->> 'reason' AS reason
	FROM payments.payments LEFT JOIN LATERAL jsonb_array_elements(by_hand) AS note ON true`;

/**
 * What became of what operators have decided: each decision once, as they were told, heard of by whoever took part, and
 * none where time heals. @returns a sentence for each fault
 */
export async function brokenDecisions(plan: Plan, history: readonly Command[], control: Control): Promise<string[]> {
	const log = await control.query<LogLine>(LOG);
	const notes = await control.query<Note>(NOTES);
	return [
		...withoutNeed(plan, history, log),
		...otherThanTold(history, log),
		...decidedTwice(log),
		...unheardOf(log, notes),
	];
}

/** No operator is asked for what time heals. */
function withoutNeed({ faults }: Plan, history: readonly Command[], log: readonly LogLine[]): string[] {
	const expected = new Set(faults.flatMap((fault) => (fault.kind === "book refuses" ? STUCK_BY[fault.what] : [])));
	const waiting = history.flatMap(({ action, told }) =>
		action === "orders.sagas" && told?.kind === "done" ? (told.answer as ListedSaga[]) : [],
	);
	const needless = waiting.filter(
		({ sagaId, status, step, direction }) =>
			status === "NEEDS_OPERATOR" &&
			!expected.has(`${direction} ${step}`) &&
			!(step === "capture the payment" && isSaidToBeGivenBack(sagaId, log)),
	);
	return needless.map(
		({ sagaId, step, direction }) =>
			`I2: the saga ${sagaId} asks for an operator to ${direction} "${step}", needlessly`,
	);
}

/**
 * An operator says that the money was given back while a capture is on its way to the provider: what it takes there, a
 * person has to see to. A checkout's saga has the id of its order.
 */
function isSaidToBeGivenBack(orderId: string, log: readonly LogLine[]): boolean {
	return log.some(
		(line) =>
			line.orderId === orderId &&
			line.step === "refund the payment" &&
			line.outcome === OUTCOME_OF["orders.completeSaga"],
	);
}

function otherThanTold(history: readonly Command[], log: readonly LogLine[]): string[] {
	return history.flatMap(({ action, params, told }) => {
		const { sagaId, by, reason } = params as { sagaId: string; by: string; reason: string };
		if (!OUTCOME_OF[action] || !reason.startsWith("decision ")) return [];
		const lines = log.filter((line) => line.by === by && line.reason === reason);
		const isAsAsked = lines.every((line) => line.sagaId === sagaId && line.outcome === OUTCOME_OF[action]);
		const isAsTold = told?.kind === "done" ? lines.length === 1 : told?.kind === "refused" ? lines.length === 0 : true;
		if (isAsAsked && isAsTold && lines.length <= 1) return [];
		return [
			`I6: ${by} was told of ${reason} about the saga ${sagaId}: ${told?.kind}; it was made ${lines.length} times`,
		];
	});
}

/** Between two decisions about a saga something has been tried in vain. */
function decidedTwice(log: readonly LogLine[]): string[] {
	const told = log.filter(({ outcome }) => outcome !== "STARTED");
	return told.flatMap((line, at) => {
		const before = told[at - 1];
		const isTwice = before?.sagaId === line.sagaId && DECIDED.has(before.outcome) && DECIDED.has(line.outcome);
		return isTwice ? [`Decided twice: the saga ${line.sagaId}, ${before.reason} and ${line.reason}`] : [];
	});
}

/** Who has a payment knows what was decided about it, by whom and why. */
function unheardOf(log: readonly LogLine[], notes: readonly Note[]): string[] {
	const decided = log.flatMap(({ orderId, step, direction, outcome, by, reason }) => {
		const what = PAYMENTS_PART[`${direction} ${step}`];
		if (what === undefined || (outcome !== "SKIPPED" && outcome !== "COMPLETED_BY_HAND")) return [];
		return [{ orderId, what, isDone: outcome === "COMPLETED_BY_HAND", by, reason }];
	});
	const unheard = decided.flatMap(({ orderId, what, isDone, by, reason }) => {
		const payment = notes.filter((note) => note.orderId === orderId);
		const heard = payment.filter((note) => note.what === what && note.by === by && note.reason === reason);
		const isMoved = !isDone || payment.every(({ status }) => status !== BEFORE[what]);
		const isSound = payment.length === 0 || (heard.length === 1 && heard[0]!.isDone === isDone && isMoved);
		return isSound
			? []
			: [
					`Decided: ${reason} about the ${what} of order ${orderId}, and its payment is ${payment[0]?.status}, with ${heard.length} notes of it`,
				];
	});
	const invented = notes.filter(
		(note) => note.by !== null && !decided.some(({ by, reason }) => by === note.by && reason === note.reason),
	);
	return [
		...unheard,
		...invented.map(
			({ orderId, reason }) => `Decided: the payment of order ${orderId} has a note of ${reason}, which nobody made`,
		),
	];
}

/** What a payment is not any more, once the step was done by hand. */
const BEFORE: Readonly<Record<string, string>> = { capture: "AUTHORIZED", refund: "CAPTURED", void: "AUTHORIZED" };
