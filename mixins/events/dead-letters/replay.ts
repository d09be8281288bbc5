import type { Database } from "../../database/database";
import type { FailedEvent, InboxFailures } from "../../inbox/failures";
import { handledIn } from "../../inbox/handled";
import { inOneForm, isUuid } from "../../inbox/id";
import type { Subscription } from "../events.mixin";
import type { DeadLetter, EventTransport } from "../transport";
import type { Discards } from "./discards";
import { goThrough, type Plan } from "./going-through";
import { judge, type Judgement } from "./judge";
import { reportOf, type LetterReport, type Report, type Visited } from "./report";
import { chooser, type Selection } from "./selection";

/** One consumer's dead letters, and what is needed to judge them. */
export interface Letters<This> {
	queue: string;
	subscriptions: readonly Subscription<This>[];
	db: Database;
	schema: string;
	transport: EventTransport;
	discards: Discards;
	failures: InboxFailures;
}

export interface ReplayOptions extends Selection {
	/** Tells what would happen, and does nothing. */
	dryRun?: boolean;
	/** Puts back also what can't be understood: the consumer will say so once more. */
	force?: boolean;
}

export function judging<This>({ queue, subscriptions, db, schema }: Letters<This>) {
	const handled = handledIn(schema);
	return (letters: readonly DeadLetter[]): Promise<Judgement[]> =>
		judge(letters, subscriptions, (eventIds) => handled(db, queue, eventIds));
}

/**
 * Puts letters back on their own queue with their event_id, and reports about each that was asked for. A letter that is
 * put back twice has one effect: the inbox drops the second.
 */
export async function replay<This>(letters: Letters<This>, options: ReplayOptions): Promise<Report> {
	const isMeant = chooser(options);
	const judged = judging(letters);
	const { lines, visited } = await goThrough(letters.transport, letters.queue, async (some) => {
		const meant = some.filter((letter) => isMeant(letter));
		const judgements = await judged(meant);
		const plans = new Map(meant.map((letter, index) => [letter, planFor(letter, judgements[index]!, options)]));
		// Before they go: from here on nothing takes them along unnoticed. One that stays is found among the dead letters.
		const back = meant.filter((letter) => plans.get(letter)!.decision === "putBack");
		await letters.failures.note(letters.queue, fatesOf(back, 0));
		return some.map((letter) => plans.get(letter));
	});
	return reportOf(
		letters.queue,
		[...lines, ...(await absentOnes(letters, options.ids ?? [], lines, visited))],
		visited,
	);
}

/** What a consumer is to know of letters that carry an event's id. */
export function fatesOf(letters: readonly DeadLetter[], backInMs: number | undefined): FailedEvent[] {
	const named = letters.filter(({ id }) => isUuid(id));
	return named.map(({ id, exchange, routingKey }) => ({ eventId: id, exchange, routingKey, backInMs }));
}

function planFor({ id, eventType }: DeadLetter, judgement: Judgement, { dryRun, force }: ReplayOptions): Plan {
	const line = { id, eventType: eventType ?? null, judgement };
	if (dryRun) return { decision: "keep", line: { ...line, outcome: "LEFT" } };
	const inVain = judgement.verdict === "TOO_OLD" || (judgement.verdict === "CANT_BE_UNDERSTOOD" && !force);
	if (inVain) return { decision: "keep", line: { ...line, outcome: "REFUSED", reason: judgement.why ?? "" } };
	return { decision: "putBack", line: { ...line, outcome: "PUT_BACK" } };
}

/** Those that were asked for by their ids and are not there, with what is known of each. */
export async function absentOnes<This>(
	{ queue, db, schema, discards }: Letters<This>,
	ids: readonly string[],
	lines: readonly LetterReport[],
	{ seen, total, interrupted }: Visited,
): Promise<LetterReport[]> {
	// Whoever has not looked everywhere can't say that something is not there.
	if (interrupted !== undefined || seen < total) return [];
	const found = new Set(lines.map(({ id }) => id));
	const absent = [...new Set(ids.map(inOneForm))].filter((id) => !found.has(id));
	if (absent.length === 0) return [];
	const applied = await handledIn(schema)(db, queue, absent);
	const discarded = await discards.of(db, queue, absent);
	return absent.map((id) => {
		const line = { id, eventType: null, outcome: "NOT_FOUND" as const };
		const discard = discarded.get(id);
		if (applied.has(id)) {
			return { ...line, judgement: { verdict: "ALREADY_APPLIED" }, reason: "not here any more, and applied" };
		}
		if (discard) return { ...line, reason: `discarded by ${discard.by} at ${discard.at}: ${discard.reason}` };
		return { ...line, reason: "not here, and not applied: on its way, or never dead in this queue" };
	});
}
