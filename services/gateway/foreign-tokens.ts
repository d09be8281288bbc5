/** A line for so long. */
const WINDOW_MS = 60_000;

/** Somebody who tries a token that is none is no news; so many in one window are. */
const FEW = 10;

/**
 * Counts the tokens that somebody else has signed, and says so where they are many: to each who brings one the gateway
 * only says that it is not valid.
 * @returns to be called for each
 */
export function countForeignTokens(
	warn: (line: string) => void,
	now: () => number = () => performance.now(),
): () => void {
	let begunMs = now();
	let count = 0;
	let isTold = false;
	return () => {
		if (now() - begunMs >= WINDOW_MS) {
			begunMs = now();
			count = 0;
			isTold = false;
		}
		if (++count < FEW || isTold) return;
		isTold = true;
		warn(
			`${FEW} access tokens within a minute, and maybe more, were signed with another secret than this gateway's, or for another ` +
				"shop: that is so for a quarter of an hour after JWT_SECRET was changed; otherwise users has another one, or somebody forges",
		);
	};
}
