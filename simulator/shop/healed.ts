import type { Control } from "../world/postgres/control";
import type { RabbitmqModel } from "../world/rabbitmq/model";
import type { Command } from "./client";
import type { FaultKind } from "./fault-plans";
import { handedOver } from "./handovers";
import type { Plan } from "./plan";
import { BOOK_REFUSES } from "./refusing-books";
import { publishedTwice, sentAgain, unrouted, type Taking } from "./traffic";

/** What is known of a simulation besides what became of it. */
export interface Course {
	plan: Plan;
	control: Control;
	traffic: readonly Taking[];
	/** When the first fault began, in ms; infinite where none did. */
	troubledFromMs: number;
	/** What those were about to do who waited for each other in a circle. */
	deadlocks: readonly string[];
	rabbitmq: RabbitmqModel;
	history: readonly Command[];
}

/**
 * Mistakes that the shop makes good by itself, so that no invariant is broken in the end: what was lost is found by a
 * search, what is done twice is done once, and a circle of locks is cut. @returns a sentence for each
 */
export async function healedMistakes(course: Course): Promise<string[]> {
	const { plan, control, traffic, troubledFromMs, deadlocks, rabbitmq } = course;
	return [
		...unrouted(traffic).map(
			({ type, eventId }) => `Unrouted: ${type} ${eventId} was confirmed, and no queue had got it`,
		),
		...(isPunctual(plan) && plan.doubled === 0
			? publishedTwice(traffic, troubledFromMs, await handedOver(control)).map(
					({ type, eventId, from }) => `Published twice: ${type} ${eventId}, again by ${from}, without a fault`,
				)
			: []),
		...(isPunctual(plan) && plan.faults.every(({ kind }) => LOSES_NOTHING.has(kind))
			? sentAgain(traffic).map(
					({ type, eventId, routingKey }) => `Missed: ${type} ${eventId} in ${routingKey}, which had not lost it`,
				)
			: []),
		...deadlocks.map((circle) => `Deadlock: ${circle}`),
		...rabbitmq
			.queues()
			.filter(({ heldUpMs }) => heldUpMs > 0)
			.map(({ name, heldUpMs }) => `Held up: in ${name} one waited for ${heldUpMs} ms longer, behind another`),
		...refusedForOthers(course.history),
		...(await brokenSagas(control)),
	];
}

/** After these every message is delivered again at once to somebody else. */
const LOSES_NOTHING: ReadonlySet<FaultKind> = new Set([
	"kill",
	"stop",
	"rabbitmq closes connections",
	"rabbitmq closes a channel",
]);

/** Nothing takes as long as a lease, and all agree about the time. */
function isPunctual({ weather, nodes }: Plan): boolean {
	return weather.delayMsMax <= 200 && nodes.every(({ clockOffsetMs }) => clockOffsetMs === 0);
}

/** A shopper uses a key for one request, however often: only somebody else's use of it could be in the way. */
function refusedForOthers(history: readonly Command[]): string[] {
	return history.flatMap(({ action, who, told }) =>
		told?.kind === "refused" && told.code === "IDEMPOTENCY_KEY_REUSED"
			? [`Key refused: ${action} by ${who.id} was the first to use it`]
			: [],
	);
}

/** Of one saga, for each time that somebody has it tried anew: an undo is tried fifty times, with two lines each. */
const LOG_LINES_MAX = 120;

interface LogLine {
	saga_id: string;
	step: string;
	direction: "do" | "undo";
	outcome: string;
	reason: string | null;
	message: string | null;
}

/** What a saga's log says of it: it is undone in reverse order, and the log does not grow with time. */
async function brokenSagas(control: Control): Promise<string[]> {
	const lines = await control.query<LogLine>(
		`SELECT saga_id, step, direction, outcome, detail ->> 'reason' AS reason, detail ->> 'message' AS message
		FROM orders.saga_log ORDER BY saga_id, seq`,
	);
	const sagas = new Map<string, LogLine[]>();
	for (const line of lines) sagas.set(line.saga_id, [...(sagas.get(line.saga_id) ?? []), line]);
	return [...sagas].flatMap(([id, log]) => {
		const done = stepsOf(log, "do");
		const undone = stepsOf(log, "undo").map((step) => done.indexOf(step));
		const isReversed = undone.every((place, at) => at === 0 || place < undone[at - 1]!);
		const linesMax = LOG_LINES_MAX * (1 + log.filter(({ outcome }) => outcome === "RETRIED").length);
		return [
			...(isReversed
				? []
				: [`Order of undoing: the saga ${id} did ${done.join(", ")}, and undid ${stepsOf(log, "undo").join(", ")}`]),
			...(log.length > linesMax ? [`Length of log: the saga ${id} has ${log.length} lines`] : []),
			...(growsWithWaiting(log)
				? [`Length of log: the saga ${id} has a line for each time that nobody was there`]
				: []),
			...mistakesOf(log).map((line) => `Mistake: ${line.step} of the saga ${id} has failed: ${line.message}`),
		];
	});
}

/** What went wrong in a way that nobody has thought of, and most likely not the next time. */
function mistakesOf(log: readonly LogLine[]): LogLine[] {
	return log.filter(({ reason, message }) => reason === "INTERNAL_ERROR" && !message?.startsWith(BOOK_REFUSES));
}

/** However long it waits for who is away: one line counts how often it has looked, and one says that it waits no more. */
const AWAY_LINES_MAX = 2;

function growsWithWaiting(log: readonly LogLine[]): boolean {
	const answers = log.filter(({ outcome }) => outcome !== "STARTED");
	return answers.some(({ step, direction }, at) => {
		const run = answers.slice(at, at + AWAY_LINES_MAX + 1);
		const isAway = (line: LogLine): boolean =>
			line.outcome === "AWAY" && line.step === step && line.direction === direction;
		return run.length > AWAY_LINES_MAX && run.every(isAway);
	});
}

/** In the order in which they were first tried. What was given before the saga began was never done by it. */
function stepsOf(log: readonly LogLine[], which: LogLine["direction"]): string[] {
	return [...new Set(log.filter(({ direction }) => direction === which).map(({ step }) => step))];
}
