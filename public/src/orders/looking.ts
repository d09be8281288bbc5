import { endPauses, pause } from "../graphql/pause";
import type { Outcome } from "../graphql/persist";

/** As often as a person would. */
const LOOK_MS = 2_000;

/**
 * Looks at once, and then again and again as long as that is needed: less and less often while nobody answers.
 * @returns what begins it; while it goes on, nothing is begun beside it
 */
export function looking(look: () => Promise<Outcome>, isNeeded: () => boolean): () => Promise<void> {
	let isLooking = false;
	return async () => {
		if (isLooking) return;
		isLooking = true;
		for (let failures = 0; ;) {
			const isAway = (await look())?.isPassing === true;
			if (!isAway && failures > 0) endPauses();
			failures = isAway ? failures + 1 : 0;
			if (!isNeeded()) break;
			await (isAway ? pause(failures, LOOK_MS) : new Promise((resolve) => setTimeout(resolve, LOOK_MS)));
			if (!isNeeded()) break;
		}
		isLooking = false;
	};
}
