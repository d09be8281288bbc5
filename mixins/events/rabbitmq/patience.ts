/** What RabbitMQ itself is asked it answers within milliseconds, or else it has stopped reading this connection. */
const ANSWER_MS = 5_000;

/**
 * A clock for waiting on a connection. It stands still while this process does, and while RabbitMQ says that it takes
 * nothing: what is answered meanwhile waits in the socket, and would be taken for missing. No clock on the wall moves it.
 */
export interface Patience {
	nowMs(): number;
	/** Since when RabbitMQ takes messages, or the clock runs. */
	openMs(): number;
	/** Call it every so many milliseconds. */
	pass(ms: number, isBlocked: boolean): void;
	/** Waits for an answer, and remembers that it does. */
	answerOf<Result>(question: Promise<Result>): Promise<Result>;
	/** Some answer has not come for too long. */
	isOver(): boolean;
}

export function patience(): Patience {
	let nowMs = 0;
	let openMs = 0;
	const asked = new Set<{ sinceMs: number }>();
	return {
		nowMs: () => nowMs,
		openMs: () => openMs,
		pass(ms, isBlocked) {
			nowMs += ms;
			if (isBlocked) openMs = nowMs;
		},
		async answerOf(question) {
			const entry = { sinceMs: nowMs };
			asked.add(entry);
			try {
				return await question;
			} finally {
				asked.delete(entry);
			}
		},
		isOver: () => [...asked].some(({ sinceMs }) => Math.max(sinceMs, openMs) + ANSWER_MS <= nowMs),
	};
}
