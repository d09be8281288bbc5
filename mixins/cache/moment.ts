/** Answers that stay good for a moment. */
export interface Moment<Answer> {
	/** The answer for the key that was asked for last, if that is not too long ago; else `load`'s. A failure is not kept. */
	recall(key: string, load: () => Promise<Answer>): Promise<Answer>;
	forget(): void;
}

export interface MomentOptions {
	/** Counted from when the question was asked, not from when it was answered. */
	forMs: number;
	/** How many answers are kept; the oldest goes first. */
	max: number;
}

/**
 * For what a crowd asks at once: within one process, and for a time that nobody notices. Those who ask while the answer
 * is still on its way wait for the same one.
 */
export function rememberForAMoment<Answer>({ forMs, max }: MomentOptions): Moment<Answer> {
	const known = new Map<string, { askedAtMs: number; answer: Promise<Answer> }>();

	return {
		recall(key, load) {
			const now = performance.now();
			const found = known.get(key);
			if (found && now - found.askedAtMs < forMs) return found.answer;
			// Taken out first, so that a Map, which keeps the order of what was put in, has the oldest in front.
			known.delete(key);
			if (known.size >= max) known.delete(known.keys().next().value!);
			const entry = { askedAtMs: now, answer: load() };
			known.set(key, entry);
			entry.answer.catch(() => known.get(key) === entry && known.delete(key));
			return entry.answer;
		},
		forget: () => known.clear(),
	};
}
