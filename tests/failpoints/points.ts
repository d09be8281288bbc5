/**
 * Where this process may be made to die. A point is named by what was about to be said to the outside, or was just
 * heard from there: what a process had only in its memory dies with it, so between two such points one moment of death is
 * like another.
 */

/** Ends a process as a power cut would; SIGSTOP freezes it instead. */
type Blow = "SIGKILL" | "SIGSTOP";

/** What the process that started this one may tell it. */
export type Order =
	| { kind: "arm"; at: string; blow?: Blow }
	/** Answered, so that whoever asks knows that it was heard in time. */
	| { kind: "disarm" }
	/** From now on, the points that are passed are remembered. */
	| { kind: "record" }
	| { kind: "report" }
	/** To a process that was loaded beforehand: begin. */
	| { kind: "go" };

/** What this process tells the one that has started it. */
export type News = { kind: "loaded" } | { kind: "disarmed" } | { kind: "passed"; points: string[] };

let armed: { point: string; passagesLeft: number; blow: Blow } | undefined;
let recorded: string[] | undefined;

/** The process passes the point: the armed one is its last. */
export function pass(point: string): void {
	recorded?.push(point);
	if (armed?.point !== point || --armed.passagesLeft > 0) return;
	const { blow } = armed;
	armed = undefined;
	process.kill(process.pid, blow);
}

/** Whether a death at this point is asked for: for points that take some preparation. */
export function isArmed(point: string): boolean {
	return armed?.point === point;
}

/** @param at `<point>`, or `<point>#<n>` for its n-th passage from now on */
export function arm(at: string, blow: Blow = "SIGKILL"): void {
	const [, point, passage] = /^(.*?)(?:#(\d+))?$/s.exec(at)!;
	armed = { point: point!, passagesLeft: Number(passage ?? 1), blow };
}

export function disarm(): void {
	armed = undefined;
}

export function record(): void {
	recorded = [];
}

export function passed(): string[] {
	return recorded ?? [];
}
