import type { Logger } from "moleculer";
import { pauseAfter } from "../../../mixins/events/backoff";

/** So many at once: a slow one holds nobody up, and no server minds. */
const AT_ONCE_MAX = 5;

/** Whoever waits for a link while the server is back waits no longer than that. */
const PAUSE = { firstMs: 1_000, maxMs: 60_000 };

/**
 * What is known of the mail server. After a failure that is its own, one mail at a time asks whether it is back, with
 * growing pauses (a circuit breaker, after Nygard, "Release It!", 2007): a thousand that wait don't knock a thousand times,
 * and the log says once that it is away.
 */
export interface MailServer {
	/** How many mails may be on their way now. */
	allows(): number;
	/** It has taken a mail, or said what it thinks of one. */
	works(): void;
	fails(reason: string): void;
}

export function mailServer(log: Logger): MailServer {
	let failures = 0;
	let triedAgainAt = 0;

	return {
		allows: () => (failures === 0 ? AT_ONCE_MAX : Number(performance.now() >= triedAgainAt)),
		works() {
			if (failures > 0) log.info("The mail server takes mail again");
			failures = 0;
		},
		fails(reason) {
			// Those that were on their way together are one failure.
			if (failures > 0 && performance.now() < triedAgainAt) return;
			failures++;
			triedAgainAt = performance.now() + pauseAfter(failures, PAUSE);
			if (failures === 1) log.warn(`Mail can't be sent, and waits until the mail server takes it: ${reason}`);
			else log.debug(`Mail still can't be sent: ${reason}`);
		},
	};
}
