import type { ChangeOptions } from "../../mixins/database/database";

/**
 * Everybody wants the stock of the same few products, and holds it for milliseconds. What takes longer is somebody's who
 * is not in a hurry: sagas come again by themselves, and until then their connections are others'. A little longer than
 * the second that PostgreSQL takes to find a deadlock, or a deadlock would look like one of those.
 */
const STOCK_LOCK_WAIT_MS = 1_200;

/** How work on the stock of these products waits for others who have it locked. */
export function onStockOf(productIds: readonly string[]): ChangeOptions {
	return { about: productIds, lockWaitMs: STOCK_LOCK_WAIT_MS };
}
