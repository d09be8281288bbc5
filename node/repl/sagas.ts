import type { ServiceBroker } from "moleculer";
import type { SagaStory, SagaSummary } from "../../mixins/saga/looking";
import type { ReplCommand, ReplInput } from "./command";
import { operator } from "./operator";
import { card, table } from "./table";

/** Who keeps sagas. */
const SERVICE = "orders";

const sagas: ReplCommand = {
	usage: "sagas [filter]",
	description: "Lists sagas: failing (the default), waiting (for an operator), unfinished, all",
	async run(broker, { args: [filter = "failing"] }) {
		const found = await broker.call<SagaSummary[], object>(`${SERVICE}.sagas`, { filter });
		if (found.length === 0) return `No saga is ${filter}.`;
		return table(
			["saga id", "saga", "status", "step", "attempts", "reason", "last error", "since"],
			found.map((each) => [
				each.sagaId,
				each.saga,
				each.status,
				`${each.direction} ${each.step}`,
				each.attempts,
				each.failureReason,
				each.lastError && `${each.lastError.reason}: ${each.lastError.message}`,
				each.createdAt,
			]),
		);
	},
};

const saga: ReplCommand = {
	usage: "saga <id>",
	description: "Tells one saga's whole story; a checkout's id is that of its order",
	run: async (broker, input) => told(await broker.call(`${SERVICE}.saga`, { sagaId: idIn(input) })),
};

const retry: ReplCommand = {
	usage: "saga-retry <id> <reason...>",
	description: "The cause is mended: has the step tried again, with fresh attempts",
	run: (broker, input) => decide(broker, "retrySaga", input),
};

const skip: ReplCommand = {
	usage: "saga-skip <id> <reason...>",
	description: "Leaves one step, or one undo, out and goes on with the next: it was not done and need not be",
	options: { step: { value: "name", description: "which step, by its name in quotes; required" } },
	async run(broker, input) {
		const { step } = input.options;
		if (typeof step !== "string") throw new Error('Which step? Name it: --step "capture the payment"');
		return decide(broker, "skipSagaStep", input, { step });
	},
};

const complete: ReplCommand = {
	usage: "saga-complete <id> <reason...>",
	description: "Ends a saga as if all that is left had succeeded: it was seen to by hand",
	run: (broker, input) => decide(broker, "completeSaga", input),
};

/** For whoever operates sagas at the console. */
export const sagaCommands: readonly ReplCommand[] = [sagas, saga, retry, skip, complete];

async function decide(broker: ServiceBroker, action: string, input: ReplInput, more: object = {}): Promise<string> {
	const [, ...words] = input.args;
	const reason = words.join(" ");
	if (reason === "") throw new Error("Why? Write the reason behind the id; it is kept in the saga's log.");
	const params = { sagaId: idIn(input), by: operator(broker), reason, ...more };
	return told(await broker.call(`${SERVICE}.${action}`, params));
}

function idIn({ args: [id] }: ReplInput): string {
	if (id === undefined) throw new Error("Which saga? Write its id; sagas lists those that fail.");
	return id;
}

function told(story: SagaStory): string {
	const head = card([
		["saga", `${story.saga} ${story.sagaId}`],
		["status", story.status],
		["stands at", `${story.direction} ${story.step}`],
		["failure reason", story.failureReason],
		["worked on by", story.owner],
		["correlation id", story.correlationId],
		["deadline", story.deadlineAt],
		["data", JSON.stringify(story.data)],
	]);
	const lines = table(
		["at", "step", "", "try", "outcome", "what", "node"],
		story.timeline.map(({ at, step, direction, attempt, outcome, detail, node }) => [
			at,
			step,
			direction,
			attempt,
			outcome,
			outcome === "STARTED" ? "" : textOf(detail),
			node,
		]),
	);
	return `${head}\n\n${lines}`;
}

/** Why it failed, who decided it, or what it added. */
function textOf(detail: unknown): string {
	const { reason, message, by } = Object(detail) as Partial<Record<"reason" | "message" | "by", string>>;
	if (by !== undefined) return `${by}: ${reason}`;
	if (reason !== undefined) return `${reason}: ${message}`;
	return detail === null || Object.keys(Object(detail) as object).length === 0 ? "" : JSON.stringify(detail);
}
