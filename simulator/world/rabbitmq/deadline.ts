import type { Surroundings } from "./surroundings";

/** One timer for the moment that comes first. */
export interface Deadline {
	/** @param ms by the server's clock; undefined when there is nothing to wait for */
	set(ms: number | undefined): void;
}

/** @param work may find that it is too early, and sets it anew */
export function deadline({ after, nowMs }: Pick<Surroundings, "after" | "nowMs">, work: () => void): Deadline {
	let current: { ms: number; cancel(): void } | undefined;
	return {
		set(ms) {
			if (ms !== undefined && current && current.ms <= ms) return;
			current?.cancel();
			current = undefined;
			if (ms === undefined) return;
			const cancel = after(Math.max(0, ms - nowMs()), () => {
				current = undefined;
				work();
			});
			current = { ms, cancel };
		},
	};
}
