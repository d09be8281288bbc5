import type { Clock } from "../clock";
import { onHost } from "../host";
import type { Random } from "../random";
import type { Schedule } from "../schedule";
import { POSTGRES } from "../servers";
import { driver } from "./control";
import type { Done, Held, Session } from "./session";
import type { Waits } from "./waits";

/**
 * A statement outside of a transaction is one by itself. PostgreSQL does the statements of several clients at once, so
 * another one may begin when this one has changed its rows and is not committed: it doesn't see them, waits for them
 * where it has to, and goes on with what it saw before.
 */
export interface LateCommits {
	/** A transaction that is to be committed may be committed later as well: its client is slow, or the way is long. */
	delay(commit: () => void): void;
	/** Draws whether the next statement of the session is such a one, and has it begin a transaction. */
	areLater(session: Session, held: Held): boolean;
	/** It is done. @param over called with what has ended it */
	later(session: Session, held: Held, done: Done, over: (end: string) => void): void;
	/** The simulation is over: what is left is not committed. */
	abandoned(): Iterable<Session>;
}

export function lateCommits(options: {
	clock: Clock;
	random: Random;
	schedule: () => Schedule;
	waiting: Waits;
	/** How many of the statements. */
	late: number;
	delayMsMax: number;
}): LateCommits {
	const { clock, schedule, waiting, late, delayMsMax } = options;
	const random = options.random.fork("late commits");
	const committing = new Set<Session>();

	/** Where time passes, all that could happen meanwhile has happened. */
	const after = (ms: number, work: () => void): void => void onHost(undefined, () => setTimeout(work, ms));

	return {
		delay(commit) {
			if (random.chance(late)) after(random.between(1, delayMsMax), commit);
			else commit();
		},
		areLater(session, { isPlain }) {
			if (!isPlain || session.isInTransaction || session.isKeeping || !random.chance(late)) return false;
			session.isInTransaction = true;
			session.heldBack = clock.nowMs();
			return true;
		},
		later(session, { what }, { isRefused }, over) {
			const end = isRefused ? "ROLLBACK" : "COMMIT";
			waiting.done(session);
			committing.add(session);
			const commit = (): void => {
				committing.delete(session);
				waiting.sent(session, end);
				void driver.query.call(session.carrier!.client, end).then(() => over(end));
			};
			const offer = (): void => schedule().offer(`${POSTGRES} ends #${session.no} ${what}: ${end}`, undefined, commit);
			after(random.chance(0.5) ? random.between(1, delayMsMax) : 0, offer);
		},
		*abandoned() {
			for (const session of committing) {
				session.current = undefined;
				yield session;
			}
		},
	};
}
