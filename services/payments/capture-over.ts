import type { Context } from "moleculer";
import { v5 as uuidv5 } from "uuid";
import type { Database } from "../../mixins/database/database";
import { participantOf } from "../../mixins/saga/participant";
import { READ_TIMEOUT_MS } from "../timeouts";
import { STEP_MS } from "./ask";

const participant = participantOf("payments");

/** A capture that was begun just before it was called off may ask the provider as long as its step lives, and arrive later. */
export const ON_ITS_WAY_MS = STEP_MS + 1_000;

/**
 * Whether nobody will capture the payment any more, though it is not captured: an operator has left that out, or said that
 * it was done by hand, and a node of an older version did not tell payments so. Once it is over it stays so: a tombstone
 * keeps a late capture out.
 */
export async function isCaptureOver(ctx: Context, db: Database, orderId: string): Promise<boolean> {
	// A checkout's saga has the id of its order.
	const capture = { sagaId: orderId, step: "capture", operationId: uuidv5("the capture is over", orderId) };
	const overForMs = await participant.undoneForMs(db, capture);
	if (overForMs !== undefined) return overForMs > ON_ITS_WAY_MS;
	if (await isCheckoutOver(ctx, orderId)) await db.transaction((tx) => participant.leaveOut(tx, capture));
	return false;
}

async function isCheckoutOver(ctx: Context, orderId: string): Promise<boolean> {
	try {
		const over = await ctx.call<string[], object>(
			"orders.sagasOver",
			{ sagaIds: [orderId] },
			{ timeout: READ_TIMEOUT_MS },
		);
		return over.includes(orderId);
	} catch {
		// Who can't say so now says so at the next attempt.
		return false;
	}
}
