import type { Clock } from "../clock";
import type { Carriers } from "./carriers";
import { driver } from "./control";
import { lost } from "./errors";
import { idsIn } from "./ids";
import { inOrder } from "./order";
import type { Done, Held, Session } from "./session";
import { brief, isKept, isPlain, mayChange, NOTHING, sqlOf, textOf } from "./statement";
import { endsUnbegun, timeOf } from "./time";

/** What a statement is done with, and who is told of it. */
export interface Doing {
	clock: Clock;
	carriers: Carriers;
	resolve(result: unknown): void;
	reject(error: Error): void;
}

/** @param args what the driver was asked for */
export function heldOf(session: Session, args: unknown[], { clock, carriers, resolve, reject }: Doing): Held {
	const text = textOf(args[0]);
	const sql = sqlOf(args[0]);
	const done = (isRefused: boolean, outcome: () => void): Done => ({
		isRefused,
		tell: (isLost) => (isLost ? reject(lost()) : outcome()),
	});

	return {
		text,
		what: `${brief(text)}${idsIn(args)}${session.isInTransaction ? "" : " alone"}`,
		mayChange: mayChange(sql),
		isKept: isKept(sql),
		isPlain: isPlain(sql),
		sinceMs: clock.nowMs(),
		fail: reject,
		async send() {
			if (endsUnbegun(session, text)) return done(false, () => resolve(NOTHING[text]));
			session.carrier ??= await carriers.take(session.client, session.host?.program);
			try {
				const result = await driver.query.apply(session.carrier.client, timeOf(session, args, clock.nowMs()));
				if (!Array.isArray(result)) inOrder(result.rows, sql);
				return done(false, () => resolve(Array.isArray(result) ? result.at(-1) : result));
			} catch (error) {
				const { verdict } = session;
				session.verdict = undefined;
				return done(true, () => reject(verdict ?? (error as Error)));
			}
		},
	};
}
