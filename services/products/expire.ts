import { sql } from "../../mixins/database/statement";
import type { ProductsService } from "./products.service";
import { release } from "./reserve";

const BATCH_MAX = 50;

// Locked and skipped, so that several nodes sweep side by side, and never while a checkout secures its reservation.
const findExpired = sql(
	"catalog.expired",
	`SELECT order_id FROM catalog.reservations
	WHERE state = 'RESERVED' AND expires_at < now() ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
);

/** Gives back what was reserved for orders that were not confirmed in time. @returns how many */
export async function expireReservations(service: ProductsService): Promise<number> {
	for (let count = 0; count < BATCH_MAX; count++) {
		const found = await service.db.transaction(async (tx) => {
			const [expired] = await tx.query<{ order_id: string }>(findExpired);
			if (!expired) return undefined;
			const orderId = expired.order_id;
			await release(service, tx, { orderId, as: "EXPIRED", reason: "EXPIRED", causationId: orderId });
			return expired;
		});
		if (!found) return count;
		service.logger.info(`The reservation of order ${found.order_id} has expired`);
	}
	return BATCH_MAX;
}
