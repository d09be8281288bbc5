import { setTimeout as pause } from "node:timers/promises";
import { pauseAfter } from "../backoff";
import type { Log, PublishOutcome } from "../transport";
import { NotConnectedError } from "./address";
import { batchOf } from "./batch";
import { openConfirms, type Answer, type Confirms, type Publication } from "./confirms";
import type { BrokerConnection } from "./connection";
import { sayFarewell } from "./farewell";
import { patience } from "./patience";
import { probes } from "./probes";
import { routeOf, routes, silence, type Route } from "./routes";
import { CONFIRM_TIMEOUT_MS, lose, OUTCOMES, TOO_LATE, type Sent } from "./sent";
import { slots } from "./slots";

/** A route that answers nothing for so long, while something waits for it, is looked at. */
const QUIET_MS = 1_500;
/** What RabbitMQ has been late with all in all comes within this time of its first answer: a queue writes to a disk. */
const CATCH_UP_MS = 1_000;

/** Ten times what keeps RabbitMQ busy; at about 1 kB each it bounds what waits in the socket. */
const IN_FLIGHT_MAX = 4_000;

/** Channels with what was not answered there: should it be answered after all, a silent route is one no longer. */
const LEFT_BEHIND_MAX = 4;

const SWEEP_MS = 250;
const REOPEN = { firstMs: 50, maxMs: 2_000 };

export interface Publisher {
	isUp(): boolean;
	/** Resolves when the channel for publishing is open. Called once, after the connection was made. */
	ready(): Promise<void>;
	/** One outcome for each, in their order. Never rejects. Messages leave in the order of the calls. */
	publish(publications: readonly Publication[]): Promise<PublishOutcome[]>;
	/** Waits for the confirms under way, within their time limit. */
	close(): Promise<void>;
}

/**
 * Publishes on one confirm channel, any number in flight up to a limit. A queue that is there and does not answer would
 * hold up all of them: after 32 messages that it has not taken RabbitMQ gives the channel no more credit, some 400 later
 * it stops reading the connection, and in a new channel the very first message to it blocks for a minute (measured on
 * 3.10). So a route that is silent, while RabbitMQ itself answers, is refused by itself; the others go on with a new
 * channel; and one message at a time, on a channel of its own, finds out when the route answers again.
 * @param onMissing something that should be there is not (an exchange, a queue, a binding): declare it again
 */
export function publisher(connection: BrokerConnection, options: { log: Log; onMissing: () => void }): Publisher {
	const { log, onMissing: missing } = options;
	const inFlight = slots(IN_FLIGHT_MAX);
	const known = routes(log);
	const waiting = patience();
	const probing = probes(connection, { patience: waiting, answered, missing });
	let main: Confirms<Sent> | undefined;
	let leftBehind: Confirms<Sent>[] = [];
	let closing = false;
	let opening = false;
	let looking = false;
	/** RabbitMQ has answered, while routes were quiet. */
	let heardMs: number | undefined;
	let failures = 0;

	/** Opens the channel for publishing, or another one in its place. */
	async function openChannel(): Promise<void> {
		if (closing || opening || !connection.isUp()) return;
		opening = true;
		try {
			const before = main;
			const opened: Confirms<Sent> = await waiting.answerOf(
				openConfirms<Sent>(connection, { answered, missing, ended: (...what) => ended(opened, ...what) }),
			);
			failures = 0;
			main = opened;
			if (before) leaveBehind(before);
		} catch (error) {
			log.warn(`No channel for publishing: ${(error as Error).message}`);
			openAgain();
		} finally {
			opening = false;
		}
	}

	/** When the whole connection is lost this finds none, and the next connection opens the channel. */
	function openAgain(): void {
		if (!closing) setTimeout(() => void openChannel(), pauseAfter(++failures, REOPEN)).unref();
	}

	function answered(sent: Sent, answer: Answer): void {
		sent.leave();
		known.answered(sent.route, waiting.nowMs());
		if (answer !== "refused") known.tookOne(sent.route);
		sent.settle(OUTCOMES[answer]);
		for (const confirms of leftBehind) if (isEmpty(confirms.unanswered())) confirms.close();
	}

	function ended(confirms: Confirms<Sent>, unanswered: readonly Sent[], reason: string): void {
		leftBehind = leftBehind.filter((each) => each !== confirms);
		if (main === confirms) {
			main = undefined;
			if (!closing) log.warn(`The channel for publishing was lost: ${reason}`);
			openAgain();
		}
		lose(unanswered, reason);
	}

	/** Nothing more is sent on it, so it may keep what it has. */
	function leaveBehind(confirms: Confirms<Sent>): void {
		for (const sent of confirms.unanswered()) sent.leave();
		leftBehind.push(confirms);
		const oldest = leftBehind[0]!;
		if (isEmpty(confirms.unanswered())) confirms.close();
		else if (leftBehind.length > LEFT_BEHIND_MAX) oldest.close();
	}

	const sweeps = setInterval(() => {
		waiting.pass(SWEEP_MS, connection.blocked() !== undefined);
		for (const confirms of main ? [...leftBehind, main] : leftBehind) giveUpLate(confirms);
		probing.sweep();
		if (waiting.isOver()) giveUpConnection();
		else lookAt(quietRoutes());
	}, SWEEP_MS).unref();

	/** The time is over, but the message keeps its slot: it still lies in some buffer on the way. */
	function giveUpLate(confirms: Confirms<Sent>): void {
		for (const { route, sentMs, settle } of confirms.unanswered()) {
			if (sentMs + CONFIRM_TIMEOUT_MS > waiting.nowMs()) break;
			settle(known.isSilent(route) ? silence(route) : TOO_LATE);
		}
	}

	/** Where something waits, and nothing was answered for a while. */
	function quietRoutes(): ReadonlySet<Route> {
		const since = waiting.nowMs() - QUIET_MS;
		const quiet = new Set<Route>();
		for (const { route, sentMs } of main?.unanswered() ?? []) {
			if (sentMs > since) break;
			if (Math.max(known.answeredMs(route), waiting.openMs()) <= since) quiet.add(route);
		}
		return quiet;
	}

	/** RabbitMQ is asked for something that no queue has part in: its answer tells whose silence it is. */
	function lookAt(quiet: ReadonlySet<Route>): void {
		if (quiet.size === 0) heardMs = undefined;
		else if (heardMs === undefined) void ask();
		else if (heardMs + CATCH_UP_MS <= waiting.nowMs()) goOnWithout(quiet);
	}

	async function ask(): Promise<void> {
		if (looking || !connection.isUp()) return;
		looking = true;
		try {
			const channel = await waiting.answerOf(connection.channel(() => undefined));
			heardMs = waiting.nowMs();
			await sayFarewell(channel);
		} catch (error) {
			log.warn(`RabbitMQ could not be asked whether it answers: ${(error as Error).message}`);
		} finally {
			looking = false;
		}
	}

	function goOnWithout(quiet: ReadonlySet<Route>): void {
		heardMs = undefined;
		for (const route of quiet) known.fellSilent(route);
		for (const { route, settle } of main?.unanswered() ?? []) if (quiet.has(route)) settle(silence(route));
		void openChannel();
	}

	/** Any of those that wait may be what has stopped it: on the next connection each is tried with one message. */
	function giveUpConnection(): void {
		for (const route of quietRoutes()) known.fellSilent(route);
		connection.drop("RabbitMQ does not answer on it");
	}

	/** @throws why nothing can be published at present */
	function live(): Confirms<Sent> {
		const blocked = connection.blocked();
		if (blocked !== undefined) throw new Error(`RabbitMQ takes no messages for now: ${blocked}`);
		if (!main) throw new NotConnectedError(connection.address);
		return main;
	}

	/** Needs a slot. @throws why nothing can be published at present */
	function send(publication: Publication, settle: Sent["settle"]): void {
		const route = routeOf(publication);
		const sent = { route, sentMs: waiting.nowMs(), settle, leave: once(() => inFlight.give()) };
		try {
			const confirms = live();
			if (!known.isSilent(route)) return confirms.send(publication, sent);
			// It is one at most, and holds up nobody.
			sent.leave();
			probing.send(publication, sent);
		} catch (error) {
			sent.leave();
			throw error;
		}
	}

	connection.onUp(() => void openChannel());

	return {
		isUp: () => main !== undefined,
		ready: openChannel,
		async publish(publications) {
			const batch = batchOf(publications.length);
			for (const [index, publication] of publications.entries()) {
				if (!inFlight.takeNow() && !(await inFlight.take(CONFIRM_TIMEOUT_MS))) {
					// Nothing has moved for so long: the rest would only wait as well.
					batch.giveUpFrom(index, `${IN_FLIGHT_MAX} messages wait for their confirm already`);
					break;
				}
				try {
					send(publication, (outcome) => batch.settle(index, outcome));
				} catch (error) {
					batch.giveUpFrom(index, (error as Error).message);
					break;
				}
			}
			return batch.outcomes;
		},
		async close() {
			closing = true;
			await Promise.race([
				main?.answeredAll().catch(() => undefined),
				pause(CONFIRM_TIMEOUT_MS, undefined, { ref: false }),
			]);
			clearInterval(sweeps);
		},
	};
}

function isEmpty(items: Iterable<unknown>): boolean {
	for (const _ of items) return false;
	return true;
}

function once(work: () => void): () => void {
	let isDone = false;
	return () => {
		if (!isDone) work();
		isDone = true;
	};
}
