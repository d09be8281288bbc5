import { driver } from "./control";
import type { Session } from "./session";
import { sqlOf } from "./statement";

const LOCK_WAIT = /SET LOCAL lock_timeout = (\d+)/;

/** Whether it begins a transaction, which then is held back: see {@link timeOf}. */
export function begins(session: Session, text: string): boolean {
	if (!/^BEGIN\b/.test(text)) return false;
	session.lockWaitMsMax = Number(LOCK_WAIT.exec(text)?.[1] ?? session.limits.lock_timeout);
	session.isInTransaction = true;
	return true;
}

/** Whether it ends a transaction of which the server has not heard, and need not. */
export function endsUnbegun(session: Session, text: string): boolean {
	if (session.heldBack === undefined || !/^(COMMIT|ROLLBACK)\b/.test(text)) return false;
	session.heldBack = undefined;
	return true;
}

/**
 * PostgreSQL's clock is the world's (see simulated-time.ts): it is told so, when the time has moved, by a statement of
 * ours before the given one. What begins a transaction is answered at once and goes the same way: no answer of it
 * decides anything, and a third of all journeys would be for it.
 * @returns the driver's arguments, with lock_timeout left to the simulation
 */
export function timeOf(session: Session, args: unknown[], nowMs: number): unknown[] {
	const text = typeof args[0] === "string" ? args[0] : "";
	if (session.heldBack !== undefined) {
		const at = new Date(nowMs).toISOString();
		const begun = new Date(session.heldBack).toISOString();
		session.heldBack = undefined;
		// What is set is taken back by a rollback, so it is set again after each.
		session.carrier!.toldMs = nowMs;
		aside(session, `SET sim.now = '${begun}'; SET sim.clock = '${at}'; BEGIN`);
	}
	const wait = LOCK_WAIT.exec(text);
	if (wait) session.lockWaitMsMax = Number(wait[1]);
	if (session.carrier!.toldMs !== nowMs && knowsTime(sqlOf(args[0]))) tell(session, nowMs);
	return wait ? ["SELECT 1"] : args;
}

/** What only reads, and calls no function but the server's own without a clock, is spared the time. */
function knowsTime(text: string): boolean {
	if (/^(COMMIT|ROLLBACK)\b/.test(text)) return false;
	return /\b(INSERT|UPDATE|DELETE|TRUNCATE|CALL|DO)\b|\bnow\(|_timestamp\(|\w\.\w+\(/i.test(text);
}

function tell(session: Session, nowMs: number): void {
	session.carrier!.toldMs = nowMs;
	const values = [new Date(nowMs).toISOString()];
	// now() is the beginning of the transaction, clock_timestamp() is now.
	if (session.isInTransaction)
		aside(session, { name: "simulator.clock", text: "SELECT set_config('sim.clock', $1, false)", values });
	else aside(session, { name: "simulator.now", text: NOW, values });
}

const NOW = "SELECT set_config('sim.now', $1, false), set_config('sim.clock', $1, false)";

function aside(session: Session, statement: unknown): void {
	// Where it fails the statement that follows fails as well, and says why.
	driver.query.call(session.carrier!.client, statement).catch(() => undefined);
}
