import pg from "pg";
import { driver } from "./control";

/** What is called in place of the driver. */
export interface Gate {
	connect(client: pg.Client): Promise<void>;
	query(client: pg.Client, args: unknown[]): Promise<unknown>;
	end(client: pg.Client): Promise<void>;
}

let gate: Gate | undefined;

/** From now on all clients of this process go through it; without one they are the driver's own. */
export function setGate(next: Gate | undefined): void {
	gate = next;
}

type Told = (error?: Error, result?: unknown) => void;

/** Whose simulation is over by now is told nothing any more: its process was killed with it. */
const gates = new WeakMap<pg.Client, Gate>();

/** Replaces what the driver's clients do, once for this process. */
export function replaceDriver(): void {
	const prototype = pg.Client.prototype as unknown as Record<string, unknown>;
	prototype.connect = function connect(this: pg.Client, told?: Told) {
		if (gate && !gates.has(this)) gates.set(this, gate);
		return through(
			this,
			(own) => own.connect(this),
			() => driver.connect.apply(this, told ? [told] : []),
			told,
		);
	};
	prototype.query = function query(this: pg.Client, ...args: unknown[]) {
		if (!gates.has(this)) return driver.query.apply(this, args);
		const at = args.findIndex((each) => typeof each === "function");
		const told = at < 0 ? undefined : (args.splice(at, 1)[0] as Told);
		return through(
			this,
			(own) => own.query(this, args),
			() => undefined,
			told,
		);
	};
	prototype.end = function end(this: pg.Client, told?: Told) {
		return through(
			this,
			(own) => own.end(this),
			() => driver.end.apply(this, told ? [told] : []),
			told,
		);
	};
}

function through(
	client: pg.Client,
	simulated: (gate: Gate) => Promise<unknown>,
	real: () => unknown,
	told: Told | undefined,
): unknown {
	const own = gates.get(client);
	if (!own) return real();
	return answered(own === gate ? simulated(own) : new Promise(() => undefined), told);
}

/** As the driver answers: by a promise, or to whom it was given. */
function answered(promise: Promise<unknown>, told: Told | undefined): Promise<unknown> | undefined {
	if (!told) return promise;
	void promise.then(
		(result) => told(undefined, result),
		(error: Error) => told(error),
	);
	return undefined;
}
