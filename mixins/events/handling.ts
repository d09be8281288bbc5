import type { Service } from "moleculer";
import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "../database/database";
import type { WithDatabase } from "../database/database.mixin";
import { DatabaseBusyError } from "../database/errors";
import { isForEverybody, isServersOwn, isUnreachable } from "../database/faults";
import type { FailedEvent } from "../inbox/failures";
import type { Inbox } from "../inbox/inbox";
import { pauseAfter } from "./backoff";
import type { LaneOptions } from "./lane";
import type { QueueMeter } from "./meters";
import type { Received } from "./receive";
import type { Suspects } from "./suspects";
import type { QueueSpec } from "./topology";
import type { Verdict } from "./transport";
import { verdictOn } from "./verdict";

const PING = { firstMs: 100, maxMs: 2_000 };
/** About one line a minute. */
const REFUSALS_A_LINE = 30;
/** About five seconds, while everything else goes on: after that it counts as the event's own. */
const REFUSALS_FREE = 6;

interface HandlingOptions {
	spec: QueueSpec;
	/** See {@link ConsumerOptions.independent}. */
	independent: boolean;
	stopping: AbortSignal;
	suspects: Suspects;
	/** Is told when the database has answered. */
	heard(): void;
	/** Is told of events that could not be handled. */
	failed(events: readonly FailedEvent[]): Promise<void>;
	meter: QueueMeter;
}

/** How the events of one queue are handled: the memory and the effect in one transaction. */
export function handlingOf<This>(
	service: Service & WithDatabase & This,
	inbox: Inbox,
	{ spec, independent, stopping, suspects, heard, failed, meter }: HandlingOptions,
): Pick<LaneOptions<Received<This>>, "handleTogether" | "handleAlone" | "held"> {
	const { name: queue } = spec;

	async function handleTogether(received: readonly Received<This>[]): Promise<void> {
		// Transactions that lock what belongs to the aggregates lock it in one order, and don't wait for each other.
		const inOrder = received.length === 1 ? received : received.toSorted(aggregatesInOrder);
		const ids = inOrder.map(({ event }) => event.event_id);
		const beganMs = performance.now();
		const fresh = await service.db.transaction(async (tx) => {
			const isNew = await inbox.accept(tx, queue, ids);
			const { size } = isNew;
			const inTurn = async (some: readonly Received<This>[]): Promise<void> => {
				for (const { event, subscription } of some) {
					if (!isNew.delete(event.event_id)) continue;
					meter.time("events.latency.time", Date.now() - Date.parse(event.timestamp));
					await subscription.handle.call(service, tx, event);
				}
			};
			if (independent) await allToTheirEnd(byAggregate(inOrder).map(inTurn));
			else await inTurn(inOrder);
			return size;
		});
		heard();
		meter.count("events.duplicates", ids.length - fresh);
		meter.time("events.handling.time", performance.now() - beganMs);
	}

	async function handleAlone(received: Received<This>, failures: number): Promise<Verdict> {
		const { event_id } = received.event;
		if (!received.isSuspect) return tryAlone(received, failures, () => handleTogether([received]));
		return suspects.oneAtATime(async () => {
			const verdict = await tryAlone(received, failures, async () => {
				await suspects.begin(event_id);
				await handleTogether([received]);
			});
			const isOver = verdict.kind === "done" || verdict.kind === "dead";
			await (isOver ? suspects.over(event_id) : suspects.survived(event_id));
			return verdict;
		});
	}

	async function tryAlone(received: Received<This>, failures: number, attempt: () => Promise<void>): Promise<Verdict> {
		for (let refusals = 0; !stopping.aborted;) {
			try {
				await attempt();
				return { kind: "done" };
			} catch (error) {
				if (stopping.aborted) break;
				// That others have stood in line longer says nothing about the event either.
				if (error instanceof DatabaseBusyError) continue;
				// Nor does a full disk, a server that can only be read, or a session that somebody has ended.
				if (isServersOwn(error)) {
					if (refusals++ % REFUSALS_A_LINE === 0) {
						service.logger.warn(`An event on ${queue} waits for the database:`, (error as Error).message);
					}
					await rest(pauseAfter(refusals, PING), stopping);
					if (isForEverybody(error) || refusals <= REFUSALS_FREE || (await isAway(service.db))) continue;
				}
				// A database that is away says nothing about the event, which waits for it where it stands.
				if (isUnreachable(error) && (await wasAway(service.db, stopping))) continue;
				heard();
				const verdict = verdictOn(error);
				const { messageId, attempt: nth } = received.delivery;
				service.logger.warn(`An event on ${queue} was not handled (attempt ${nth}, ${verdict.kind}):`, {
					messageId,
					error: (error as Error).message,
				});
				const made = spec.order === "aggregate" ? failures + 1 : nth;
				await failed([expectedBack(received, backIn(spec, verdict, made))]);
				return verdict;
			}
		}
		return { kind: "left" };
	}

	return {
		handleTogether,
		handleAlone,
		// Others overtake them, and nobody is to take them for missed.
		held: (received, waitMs) => void failed(received.map((each) => expectedBack(each, waitMs))),
	};
}

function expectedBack<This>({ event, delivery }: Received<This>, backInMs: number | undefined): FailedEvent {
	return { eventId: event.event_id, exchange: delivery.exchange, routingKey: delivery.routingKey, backInMs };
}

/** How long it takes until an event is there again, after so many attempts; undefined when it does not come back. */
export function backIn({ retryDelaysMs }: QueueSpec, verdict: Verdict, attempts: number): number | undefined {
	return verdict.kind === "retry" ? retryDelaysMs[attempts - 1] : undefined;
}

/**
 * Waits for all of them, also when one fails: until then they use the transaction.
 * @throws the error that came first, since those after it mostly follow from it
 */
async function allToTheirEnd(works: readonly Promise<void>[]): Promise<void> {
	const errors: unknown[] = [];
	await Promise.all(works.map((work) => work.catch((error: unknown) => errors.push(error))));
	if (errors.length > 0) throw errors[0];
}

/** Splits them where the aggregate changes. */
function byAggregate<This>(inOrder: readonly Received<This>[]): Received<This>[][] {
	const groups: Received<This>[][] = [];
	for (const each of inOrder) {
		const last = groups.at(-1);
		if (last?.[0]!.aggregateId === each.aggregateId) last.push(each);
		else groups.push([each]);
	}
	return groups;
}

/** Waits until the database can be written to. @returns false when it can at once */
async function wasAway(db: Database, stopping: AbortSignal): Promise<boolean> {
	for (let failures = 0; ;) {
		try {
			await db.proveWritable();
			return failures > 0;
		} catch {
			if (stopping.aborted) return true;
			await rest(pauseAfter(++failures, PING), stopping);
		}
	}
}

function isAway(db: Database): Promise<boolean> {
	return db.proveWritable().then(
		() => false,
		() => true,
	);
}

async function rest(ms: number, stopping: AbortSignal): Promise<void> {
	await pause(ms, undefined, { signal: stopping }).catch(() => undefined);
}

function aggregatesInOrder(one: { aggregateId: string }, other: { aggregateId: string }): number {
	if (one.aggregateId === other.aggregateId) return 0;
	return one.aggregateId < other.aggregateId ? -1 : 1;
}
