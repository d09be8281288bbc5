import { setTimeout as pause } from "node:timers/promises";
import type { Service, ServiceSchema } from "moleculer";
import type { WithDatabase } from "../database/database.mixin";
import { defineMixin } from "../define";
import { clearAway, type Rule } from "./clear-away";

/** Ages are days: an hour more or less is nothing to them. */
const EVERY_MS = 3_600_000;
/** A node that is replaced every day, or a laptop that is opened for a while, gets to it too. */
const FIRST_MS = 60_000;

export interface RetentionOptions {
	/** How long a node has worked when it looks for the first time. */
	firstMs?: number;
	/** How long it pauses then. */
	everyMs?: number;
}

/** What the mixin adds to a service. */
export interface WithRetention {
	/** One round: all that is old by now. A rule that fails is logged, and the others go on. */
	clearOldAway(): Promise<void>;
}

/**
 * Clears away what is old, on each node of the service, again and again: tables that only grow have their rules here.
 * Needs the Database mixin. Pauses are uneven, so that nodes that were started together don't all come at once.
 */
export function Retention(
	rules: readonly Rule[],
	{ firstMs = FIRST_MS, everyMs = EVERY_MS }: RetentionOptions = {},
): Partial<ServiceSchema> {
	const stopping = new AbortController();
	let rounds: Promise<void> | undefined;

	async function keepOn(round: () => Promise<void>): Promise<void> {
		for (let pauseMs = firstMs; ; pauseMs = everyMs) {
			await pause(unevenly(pauseMs), undefined, { ref: false, signal: stopping.signal }).catch(() => undefined);
			if (stopping.signal.aborted) return;
			await round();
		}
	}

	return defineMixin<WithDatabase & WithRetention>({
		methods: {
			async clearOldAway(this: Service & WithDatabase) {
				for (const rule of rules) {
					try {
						const count = await clearAway(this.db, rule, stopping.signal);
						if (count > 0) this.logger.info(`${count} ${rule.what} were old, and are cleared away`);
					} catch (error) {
						this.logger.warn(`Old ${rule.what} could not be cleared away:`, (error as Error).message);
					}
				}
			},
		},
		async started() {
			rounds = keepOn(() => this.clearOldAway());
		},
		async stopped() {
			stopping.abort();
			await rounds;
		},
	});
}

/** From half of it to half as much again. */
function unevenly(ms: number): number {
	return ms * (0.5 + Math.random());
}
