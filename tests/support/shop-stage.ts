import type { Pool } from "pg";
import type { Auditor, FoundDeadLetter } from "./auditor";
import { brokenInvariants } from "./invariants";
import { doorOf, type Door } from "./shop-door";
import { givenIn, type Given } from "./shop-given";
import { lookingIn, type Looking } from "./shop-looking";
import type { Order, PlacedOrder } from "./shop-types";
import { whenIn, type When } from "./shop-when";
import { until } from "./until";

/** Where journeys are played, however the shop behind it runs: in this process, in another, in ten. */
export interface Stage extends Looking {
	given: Given;
	when: When;
	/** The shop's public side, for what `given` and `when` have no word for. */
	door: Door;
	auditor: Auditor;
	/** For looking at what the public side does not show. */
	database: Pool;
	until(order: PlacedOrder): { is(status: string, expected?: Partial<Order>, withinMs?: number): Promise<Order> };
	deadLetters(): Promise<FoundDeadLetter[]>;
	/** Holds a lock in an open transaction until it is disposed of: what needs it waits meanwhile. */
	holding(lock: string): Promise<AsyncDisposable>;
	/**
	 * The provider approves nothing until this is disposed of: orders hold their stock and wait to be paid, however long a
	 * test takes for what is to happen meanwhile. Twenty seconds later they are given up.
	 */
	holdingApprovals(): Promise<AsyncDisposable>;
	/** Waits until nothing is in progress and every invariant holds. @throws with those that don't */
	untilSound(withinMs?: number): Promise<void>;
}

export interface StageOptions {
	/** The gateway's address now. */
	url(): string;
	database: Pool;
	auditor: Auditor;
	/** Carried over from the stage before, where a shop is visited again. */
	initialStock?: Map<string, number>;
}

const APPROVALS = "LOCK TABLE sandbox_provider.authorisations IN SHARE MODE";

export function stageOf({ url, database, auditor, initialStock = new Map() }: StageOptions): Stage {
	const door = doorOf(url);
	const given = givenIn(door, initialStock);
	const looking = lookingIn({ door, given, database });
	const holding = async (lock: string): Promise<AsyncDisposable> => {
		const client = await database.connect();
		await client.query("BEGIN");
		await client.query(lock);
		return {
			async [Symbol.asyncDispose]() {
				await client.query("ROLLBACK");
				client.release();
			},
		};
	};
	return {
		given,
		when: whenIn(door, given, initialStock),
		door,
		auditor,
		database,
		...looking,
		until: (order) => ({ is: (status, expected, withinMs) => looking.settles(order, status, expected, withinMs) }),
		deadLetters: () => auditor.deadLetters(),
		holding,
		holdingApprovals: () => holding(APPROVALS),
		async untilSound(withinMs = 60_000) {
			await until(
				async () => {
					const broken = await brokenInvariants({ database, heard: await auditor.heard(), initialStock });
					if (broken.length > 0) throw new Error(broken.join("\n"));
					return true;
				},
				{ what: "every invariant to hold", withinMs, everyMs: 100 },
			);
		},
	};
}
