import { setTimeout as pause } from "node:timers/promises";
import { HeldUpError } from "./errors";
import { isLockTimeout } from "./faults";

/** More than that are not remembered: who is forgotten costs one more wait. */
const HELD_MAX = 1_000;
/** For one who looks, and for how many in turn: who is not answered by then is refused, and comes again. */
const WAIT_MS_MAX = 1_000;
const WAITS_MAX = 3;

/** Whoever looks whether rows that were held are free again. */
interface Look {
	names: readonly string[];
	/** Never rejects. */
	areFree: Promise<boolean>;
}

/** Remembers what somebody has held for longer than one waits for a lock. */
export interface HeldUp {
	/**
	 * Does `work` about the rows that `names` stand for. What was held the last time is looked after by one at a time: so a
	 * row that a stranger has locked, and that everybody wants, keeps one connection waiting and not all of them. Who
	 * comes meanwhile waits for the answer, and shares it.
	 * @param enter waits for a place, and says how to leave it
	 * @throws {HeldUpError}
	 */
	pass<Result>(
		names: readonly string[],
		enter: () => Promise<() => void>,
		work: () => Promise<Result>,
	): Promise<Result>;
}

export function heldUp(waitMsMax = WAIT_MS_MAX): HeldUp {
	const held = new Map<string, Look | undefined>();

	const lookAt = (names: readonly string[]): Look | undefined => {
		for (const name of names) {
			const look = held.get(name);
			if (look) return look;
		}
		return undefined;
	};

	/** @returns whether there may be another one to wait for. @throws {HeldUpError} when what it waited for was in vain */
	async function waitForLook(names: readonly string[]): Promise<boolean> {
		const look = lookAt(names);
		if (!look) return false;
		const areFree = await Promise.race([look.areFree, pause(waitMsMax, false, { ref: false })]);
		// Among more than these, what is held may be something else.
		if (!areFree && look.names.every((name) => names.includes(name))) throw new HeldUpError();
		return true;
	}

	function remember(names: readonly string[], own: Look | undefined): void {
		for (const name of names) if (held.get(name) === own) held.set(name, undefined);
		for (const [oldest] of held) {
			if (held.size <= HELD_MAX) return;
			held.delete(oldest);
		}
	}

	async function doing<Result>(names: readonly string[], work: () => Promise<Result>): Promise<Result> {
		let tell: (areFree: boolean) => void = () => undefined;
		let look: Look | undefined;
		if (names.some((name) => held.has(name))) {
			look = { names, areFree: new Promise((resolve) => (tell = resolve)) };
			for (const name of names) held.set(name, look);
		}
		let areFree = true;
		try {
			return await work();
		} catch (error) {
			// Whatever else came of it: it had its locks.
			areFree = !isLockTimeout(error);
			throw error;
		} finally {
			if (areFree) for (const name of names) held.delete(name);
			else remember(names, look);
			tell(areFree);
		}
	}

	return {
		async pass(names, enter, work) {
			for (let waits = 0; waits < WAITS_MAX;) {
				if (await waitForLook(names)) {
					waits++;
					continue;
				}
				const leave = await enter();
				try {
					// While this one stood in line, what it wants may have turned out to be held.
					if (!lookAt(names)) return await doing(names, work);
				} finally {
					leave();
				}
			}
			throw new HeldUpError();
		},
	};
}
