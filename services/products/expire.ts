import { isLockTimeout } from "../../mixins/database/faults";
import { sql } from "../../mixins/database/statement";
import type { ProductsService } from "./products.service";
import { release } from "./reserve";

const BATCH_MAX = 50;

/** What is not free at once is somebody's who is at work on it, and the next sweep is a second away. */
const LOCK_WAIT_MS = 100;

// Locked and skipped, so that several nodes sweep side by side, and never while a checkout secures its reservation.
const findExpired = sql(
	"catalog.expired",
	`SELECT order_id FROM catalog.reservations
	WHERE state = 'RESERVED' AND expires_at < now() AND order_id <> ALL ($1::uuid[])
	ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

/**
 * Gives back what was reserved for orders that were not confirmed in time. An order whose stock somebody else has locked
 * is left for the next time, and holds up nobody behind it. @returns how many
 */
export async function expireReservations(service: ProductsService): Promise<number> {
	const passedOver: string[] = [];
	for (let count = 0; count + passedOver.length < BATCH_MAX;) {
		let orderId: string | undefined;
		try {
			orderId = await expireNext(service, passedOver, (found) => (orderId = found));
		} catch (error) {
			if (!orderId || !isLockTimeout(error)) throw error;
			passedOver.push(orderId);
			continue;
		}
		if (!orderId) return count;
		count++;
		service.logger.info(`The reservation of order ${orderId} has expired`);
	}
	return BATCH_MAX - passedOver.length;
}

/** @param found is told whose turn it is, before its stock is asked for */
async function expireNext(
	service: ProductsService,
	passedOver: readonly string[],
	found: (orderId: string) => void,
): Promise<string | undefined> {
	return service.db.upkeep.transaction(
		async (tx) => {
			const [expired] = await tx.query<{ order_id: string }>(findExpired, [passedOver]);
			if (!expired) return undefined;
			const orderId = expired.order_id;
			found(orderId);
			await release(service, tx, { orderId, as: "EXPIRED", reason: "EXPIRED", causationId: orderId });
			return orderId;
		},
		{ lockWaitMs: LOCK_WAIT_MS },
	);
}
