import { pendingImmediates, realTimer, turn } from "../clock";
import { onHost } from "../host";
import type { Random } from "../random";
import type { Control } from "./control";
import { deadlockDetected, lockTimeout, statementTimeout } from "./errors";
import type { Session } from "./session";

/** A statement that is not answered by then, by the machine's time, may wait for a lock; most take a tenth of it. */
const LOOK_AFTER_MS = 2;
/** As PostgreSQL's own `deadlock_timeout`. */
const DEADLOCK_MS = 1_000;

export interface Waits {
	/** Something goes on at the server that nobody waits for in the simulation, and the next choice has to. */
	goesOn(work: () => Promise<void>): void;
	/** The same, for one who does. */
	during<Result>(work: () => Promise<Result>): Promise<Result>;
	/** Ends what it waits for. */
	cancel(session: Session): Promise<void>;
	sent(session: Session, text: string): void;
	answered(session: Session, text: string): void;
	/** It is done, and neither committed nor answered yet. */
	done(session: Session): void;
	over(session: Session): void;
	/** @returns true where something was waited for */
	settle(): Promise<boolean>;
	/** Nothing is under way at the server any more. */
	allAnswered(): Promise<void>;
	/** What those were about to do who waited for each other in a circle, for each circle. */
	readonly deadlocks: readonly string[];
}

/**
 * Waits until all that was sent is answered or waits for a lock, which PostgreSQL tells (as its own isolation tester
 * asks it). What waits is ended by its limits in simulated time.
 *
 * One commit can free several who wait, and PostgreSQL wakes all of them: the machine would decide which of its
 * processes is the first to have what the next one then waits for. So who waits is stopped (SIGSTOP), and of those that
 * have nothing to wait for any more one after the other, drawn, is let go on.
 */
export function waits(options: {
	control: Control;
	random: Random;
	/** It has been idle in a transaction for longer than it may. */
	idleTooLong: (session: Session) => void;
}): Waits {
	const { control, random, idleTooLong } = options;
	let goingOn = 0;
	const deadlocks: string[] = [];
	/** Sent and not answered. */
	const unanswered = new Set<Session>();
	/** Somebody may have got what others held. */
	let mayHaveFreed = false;

	/** Wakes who waits for the server: this process is not to be busy meanwhile, as the server wants the core. */
	let tell = (): void => undefined;

	function news(msMax?: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = msMax === undefined ? undefined : realTimer(resolve, msMax);
			tell = () => {
				timer?.();
				resolve();
			};
		});
	}

	async function during<Result>(work: () => Promise<Result>): Promise<Result> {
		goingOn++;
		try {
			return await work();
		} finally {
			goingOn--;
			mayHaveFreed = true;
			tell();
		}
	}

	const goesOn = (work: () => Promise<void>): void => void during(work);

	function limit(session: Session, ms: number, end: () => void): void {
		clearTimeout(session.limit);
		session.limit = undefined;
		if (Number.isFinite(ms)) session.limit = onHost(undefined, () => setTimeout(end, ms));
	}

	function giveUp(session: Session, verdict: Error): void {
		if (session.current === undefined || session.verdict) return;
		session.verdict = verdict;
		// It waits no more: the next choice is made when the server has said so.
		goesOn(() => cancel(session));
	}

	async function cancel(session: Session): Promise<void> {
		await control.cancel(session.carrier!.pid);
		unblocked(session);
	}

	function blocked(session: Session, by: readonly number[]): void {
		session.isBlocked = true;
		process.kill(session.carrier!.pid, "SIGSTOP");
		const { lockWaitMsMax, limits } = session;
		const isLocks = lockWaitMsMax <= limits.statement_timeout;
		const isDeadlock = closesCircle(session, by);
		if (isDeadlock) deadlocks.push(circleOf(session));
		if (isDeadlock) limit(session, DEADLOCK_MS, () => giveUp(session, deadlockDetected()));
		else if (isLocks) limit(session, lockWaitMsMax, () => giveUp(session, lockTimeout()));
		else limit(session, limits.statement_timeout, () => giveUp(session, statementTimeout()));
	}

	/** Of those that wait for each other the last one to begin is told. */
	const waitsFor = new Map<number, readonly number[]>();
	function closesCircle(session: Session, by: readonly number[]): boolean {
		const own = session.carrier!.pid;
		waitsFor.set(own, by);
		const seen = new Set<number>();
		const leads = (pids: readonly number[]): boolean =>
			pids.some((pid) => {
				if (pid === own) return true;
				if (seen.has(pid)) return false;
				seen.add(pid);
				return leads(waitsFor.get(pid) ?? []);
			});
		return leads(by);
	}

	function circleOf(session: Session): string {
		const others = [...unanswered].filter((each) => each.isBlocked && each !== session);
		return [session, ...others]
			.map(({ host, current }) => `${host?.name ?? "somebody"}: ${current!.replaceAll(/\s+/g, " ").slice(0, 120)}`)
			.join(" | ");
	}

	function unblocked(session: Session): void {
		session.isBlocked = false;
		process.kill(session.carrier!.pid, "SIGCONT");
		waitsFor.delete(session.carrier!.pid);
		clearTimeout(session.limit);
	}

	async function look(at: readonly Session[]): Promise<void> {
		// Of all: who stands before whom has changed for others too, and an old answer would close a circle that is none.
		const pids = new Map([...unanswered].flatMap((each) => (each.carrier ? [[each, each.carrier.pid]] : [])));
		const found = await control.blocked([...pids.values()]);
		waitsFor.clear();
		for (const [{ isBlocked }, pid] of pids) {
			const by = found.get(pid);
			if (isBlocked && by) waitsFor.set(pid, by);
		}
		const free: Session[] = [];
		for (const session of at) {
			// It may have been answered meanwhile.
			if (session.current === undefined || !session.carrier || session.verdict) continue;
			const by = found.get(session.carrier.pid);
			if (session.isBlocked && !by) free.push(session);
			else if (!session.isBlocked && by) blocked(session, by);
		}
		if (free.length > 0) unblocked(random.pick(free));
		// The others are looked at again when this one has got what it wanted, or waits anew.
		if (free.length > 1) mayHaveFreed = true;
	}

	const running = (): Session[] => [...unanswered].filter(({ isBlocked }) => !isBlocked);

	return {
		deadlocks,
		during,
		cancel,
		goesOn,
		sent(session, text) {
			session.current = text;
			session.verdict = undefined;
			clearTimeout(session.limit);
			unanswered.add(session);
		},
		answered(session, text) {
			session.current = undefined;
			unanswered.delete(session);
			tell();
			clearTimeout(session.limit);
			if (/^(COMMIT|ROLLBACK)\b/.test(text)) {
				session.isInTransaction = false;
				session.lockWaitMsMax = session.limits.lock_timeout;
				if (session.carrier) session.carrier.toldMs = undefined;
			}
			if (!session.isInTransaction) mayHaveFreed = true;
			else if (!session.isOver)
				limit(session, session.limits.idle_in_transaction_session_timeout, () => idleTooLong(session));
		},
		done(session) {
			unanswered.delete(session);
			tell();
			clearTimeout(session.limit);
		},
		over(session) {
			clearTimeout(session.limit);
			mayHaveFreed = true;
		},
		async allAnswered() {
			while (unanswered.size > 0 || goingOn > 0) await news();
		},
		async settle() {
			let waited = false;
			for (;;) {
				await turn();
				if (pendingImmediates() > 0) continue;
				if (goingOn > 0) {
					waited = true;
					await news();
					continue;
				}
				const stillRunning = running();
				if (stillRunning.length > 0) {
					waited = true;
					await news(LOOK_AFTER_MS);
					const silent = stillRunning.filter((session) => unanswered.has(session));
					if (silent.length === stillRunning.length) await look(silent);
					continue;
				}
				if (mayHaveFreed && unanswered.size > 0) {
					mayHaveFreed = false;
					waited = true;
					await look([...unanswered]);
					continue;
				}
				mayHaveFreed = false;
				return waited;
			}
		},
	};
}
