import { heldUp } from "./held-up";
import { lineBefore } from "./line";

/** Who may use the connections of one pool at once. Whoever shares the pool shares these. */
export interface Shares {
	/** For what waits for nobody: one connection is left for upkeep. */
	atWork<Result>(work: () => Promise<Result>): Promise<Result>;
	/**
	 * For what may wait for locks: one more is left, for reading.
	 * @param about stands for the rows that many may want at once
	 */
	changing<Result>(about: readonly string[] | undefined, work: () => Promise<Result>): Promise<Result>;
}

/**
 * Who waits for a lock keeps a connection, so of each pool one is left for reading and one for upkeep. Below three they
 * have to share.
 */
export function sharesOf(connectionsMax: number): Shares {
	const changing = lineBefore(Math.max(1, connectionsMax - 2));
	const working = lineBefore(Math.max(1, connectionsMax - 1));
	const held = heldUp();

	async function atWork<Result>(work: () => Promise<Result>): Promise<Result> {
		const leave = await working.enter();
		try {
			return await work();
		} finally {
			leave();
		}
	}

	return {
		atWork,
		changing: (about = [], work) => held.pass(about, changing.enter, () => atWork(work)),
	};
}
