import type { ServiceBroker } from "moleculer";
import type { QueueDepth } from "../../mixins/events/dead-letters/dead-letters.mixin";
import type { Discard } from "../../mixins/events/dead-letters/discards";
import type { LetterList, LetterTold } from "../../mixins/events/dead-letters/reading";
import type { Report } from "../../mixins/events/dead-letters/report";
import { ask, offering } from "./ask";
import type { ReplCommand, ReplInput, ReplOption } from "./command";
import { operator } from "./operator";
import { countsOf, indented, told, words } from "./reports";
import { card, table } from "./table";

const FILTER: Readonly<Record<string, ReplOption>> = {
	code: { value: "code", description: "only those with this error code" },
	type: { value: "event", description: "only events of this type" },
	since: { value: "time", description: "only those that died then or later, e.g. 2026-11-24T06:00:00Z" },
};

const LIMIT: Readonly<Record<string, ReplOption>> = {
	limit: { value: "number", description: "at most so many, 50 by default" },
};

const deadLetters: ReplCommand = {
	usage: "dead-letters [queue]",
	description: "Lists a queue's dead letters, oldest first; without a queue, how many each queue has",
	options: { ...FILTER, ...LIMIT },
	async run(broker, { args: [queue], options: { limit, ...filter } }) {
		if (queue === undefined) return depths(broker);
		const params = { queue, ...filter, ...(limit !== undefined && { limit: Number(limit) }) };
		const found = await ask<LetterList>(broker, actionOf(queue, "list"), params);
		const sum = `${countedIn(found, Object.keys(filter).length > 0)}${unseen(found)}`;
		if (found.letters.length === 0) return sum;
		const rows = found.letters.map(({ id, eventType, code, message, attempts, diedAt }) => [
			id,
			eventType,
			code,
			message,
			attempts,
			diedAt,
		]);
		return [table(["id", "event", "error", "message", "attempts", "died at"], rows), sum].join("\n");
	},
};

const deadLetter: ReplCommand = {
	usage: "dead-letter <queue> <eventId>",
	description: "Shows one dead letter: what it says, what was wrong, and what would happen if it went back",
	async run(broker, { args: [queue, id] }) {
		if (queue === undefined || id === undefined) throw new Error("Which one? Write its queue and its id.");
		const letter = await ask<LetterTold>(broker, actionOf(queue, "read"), { queue, id });
		const { judgement, discarded, stack, body } = letter;
		return card([
			["id", letter.id],
			["event", letter.eventType],
			["queue", letter.queue],
			[
				"published as",
				letter.exchange === "" ? "put straight into the queue" : `${letter.routingKey} on ${letter.exchange}`,
			],
			["error", `${letter.code}: ${letter.message}`],
			["attempts", letter.attempts],
			["first failed at", letter.firstFailedAt],
			["died at", letter.diedAt],
			["given up by", [letter.service, letter.release, `on ${letter.node}`].filter(Boolean).join(" ")],
			["if it goes back", words(judgement.verdict) + (judgement.why === undefined ? "" : `: ${judgement.why}`)],
			["discarded before", discarded && `by ${discarded.by} at ${discarded.at}: ${discarded.reason}`],
			["stack", stack && framesOf(stack)],
			[`body (${letter.bytes} bytes)`, indented(body)],
		]);
	},
};

const replay: ReplCommand = {
	usage: "replay <queue> [eventIds...]",
	description: "Puts dead letters back on their own queue: some by their ids or by a filter, or --all",
	options: {
		...FILTER,
		all: { description: "all of them" },
		"dry-run": { description: "tells of each what would happen, and does nothing" },
		force: { description: "also those that can't be understood: they will die again unless the consumer has changed" },
	},
	async run(broker, input) {
		const { queue, ids } = queueAndIds(input);
		const { "dry-run": dryRun, ...options } = input.options;
		const params = {
			queue,
			...(ids.length > 0 && { ids }),
			...options,
			...(dryRun === true && { dryRun }),
			by: operator(broker),
		};
		const report = await ask<Report>(broker, actionOf(queue, "replay"), params);
		return toldOf(report, dryRun === true ? "Nothing was done. " : "");
	},
};

const discard: ReplCommand = {
	usage: "discard <queue> <eventIds...>",
	description: "Gives dead letters up for good; what they were, who did it, when and why is kept",
	options: { reason: { value: "text", description: "why, in quotes; required" } },
	async run(broker, input) {
		const { queue, ids } = queueAndIds(input);
		const { reason } = input.options;
		if (ids.length === 0) throw new Error("Which ones? Write their ids behind the queue.");
		if (typeof reason !== "string") throw new Error('Why? Say --reason "…"; it is kept.');
		const report = await ask<Report>(broker, actionOf(queue, "discard"), { queue, ids, reason, by: operator(broker) });
		return toldOf(report);
	},
};

const discarded: ReplCommand = {
	usage: "discarded <queue>",
	description: "Lists what was discarded of a queue, newest first, with who and why",
	options: LIMIT,
	async run(broker, input) {
		const { queue } = queueAndIds(input);
		const { limit } = input.options;
		const params = { queue, ...(limit !== undefined && { limit: Number(limit) }) };
		const found = await ask<Discard[]>(broker, actionOf(queue, "discarded"), params);
		if (found.length === 0) return `Nothing was discarded of ${queue}.`;
		const rows = found.map(({ id, eventType, code, reason, by, at }) => [id, eventType, code, reason, by, at]);
		return table(["id", "event", "error", "reason", "by", "at"], rows);
	},
};

/** For whoever looks after what consumers gave up on. */
export const deadLetterCommands: readonly ReplCommand[] = [deadLetters, deadLetter, replay, discard, discarded];

async function depths(broker: ServiceBroker): Promise<string> {
	const services = offering(broker, "deadLetters.queues");
	if (services.length === 0) throw new Error("No node with a consumer is there.");
	const found = await Promise.all(
		services.map((service) => ask<QueueDepth[]>(broker, `${service}.deadLetters.queues`, {})),
	);
	const queues = found.flat();
	const sum = queues.reduce((total, { letters }) => total + letters, 0);
	const rows = queues.map(({ queue, letters }) => [queue, letters]);
	return [table(["queue", "dead letters"], rows), `${sum} in ${queues.length} queues.`].join("\n");
}

/** `3 of 70 dead letters of products.orders match.` */
function countedIn({ queue, letters, matching, total }: LetterList, isFiltered: boolean): string {
	if (total === 0) return `${queue} has no dead letters.`;
	const all = `${total} dead ${total === 1 ? "letter" : "letters"} of ${queue}`;
	if (!isFiltered) return letters.length === total ? `${all}.` : `${letters.length} of ${all}.`;
	if (matching === 0) return `None of ${all} matches.`;
	return `${matching} of ${all} match${letters.length < matching ? `; the oldest ${letters.length} are shown` : ""}.`;
}

/** A queue's name begins with the service that it belongs to. */
function actionOf(queue: string, name: string): string {
	return `${queue.split(".")[0]}.deadLetters.${name}`;
}

function queueAndIds({ args: [queue, ...ids] }: ReplInput): { queue: string; ids: string[] } {
	if (queue === undefined) throw new Error("Which queue? dead-letters lists them.");
	return { queue, ids };
}

function toldOf(report: Report, before = ""): string {
	const { queue, letters, interrupted } = report;
	const judged = letters.every(({ outcome }) => outcome === "LEFT");
	const codes = letters.map(({ outcome, judgement }) => (judged && judgement ? judgement.verdict : outcome));
	const counts = letters.length === 0 ? "no letter matches" : countsOf(codes);
	const end = interrupted === undefined ? "" : ` It ended before all was done: ${interrupted}`;
	return told(letters, `${before}${queue}: ${counts}.${unseen(report)}${end}`);
}

function unseen({ seen, total }: { seen: number; total: number }): string {
	return seen < total ? ` Only ${seen} of ${total} letters were looked at.` : "";
}

/** Without the message, which stands above. */
function framesOf(stack: string): string {
	const frames = stack.search(/^\s+at /m);
	return frames === -1 ? stack : `\n${stack.slice(frames)}`;
}
