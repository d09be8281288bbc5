import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";

export interface Awaited {
	/** What is awaited, as it completes "waited in vain for …". */
	what: string;
	/** Default 30 s: longer than anything takes on a busy machine. */
	withinMs?: number;
	/** Default 10 ms: short enough that nobody waits for it. More where asking is itself work for what is tested. */
	everyMs?: number;
}

/**
 * Polls `condition` until it returns something truthy, and returns that. What it throws counts as "not yet".
 * @throws when the time is over, with what was awaited and the last value or error.
 */
export async function until<Value>(
	condition: () => Value | Promise<Value>,
	{ what, withinMs = 30_000, everyMs = 10 }: Awaited,
): Promise<Exclude<Value, undefined | null | false>> {
	const deadline = performance.now() + withinMs;
	for (;;) {
		let last: { value: unknown } | { error: unknown };
		try {
			const value = await condition();
			if (value) return value as Exclude<Value, undefined | null | false>;
			last = { value };
		} catch (error) {
			last = { error };
		}
		if (performance.now() > deadline) throw tooLate(what, withinMs, last);
		await pause(everyMs);
	}
}

function tooLate(what: string, withinMs: number, last: { value: unknown } | { error: unknown }): Error {
	const seen = "error" in last ? "the last error was" : "the last value was";
	const shown = inspect("error" in last ? last.error : last.value, { depth: 6 });
	return new Error(`Waited ${withinMs} ms in vain for ${what}; ${seen} ${shown}`);
}
