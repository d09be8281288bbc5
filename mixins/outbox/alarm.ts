/** Wakes a loop that pauses. */
export interface Alarm {
	/** Ends the pause, or keeps the next one from beginning. */
	ring(options?: { evenIfDeaf?: boolean }): void;
	/** Forgets that it has rung: from now on news counts. */
	silence(): void;
	/** @param options.deaf only a ring that says so ends it */
	pauseFor(ms: number, options?: { deaf?: boolean }): Promise<void>;
}

export function alarm(): Alarm {
	let hasRung = false;
	let sleeper: { deaf: boolean; end(): void } | undefined;
	return {
		ring({ evenIfDeaf = false } = {}) {
			hasRung = true;
			if (sleeper && (!sleeper.deaf || evenIfDeaf)) sleeper.end();
		},
		silence() {
			hasRung = false;
		},
		async pauseFor(ms, { deaf = false } = {}) {
			if (hasRung && !deaf) return;
			await new Promise<void>((resolve) => {
				const end = (): void => {
					clearTimeout(timer);
					sleeper = undefined;
					resolve();
				};
				const timer = setTimeout(end, ms);
				sleeper = { deaf, end };
			});
		},
	};
}
