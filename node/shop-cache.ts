import type { ServiceBroker } from "moleculer";
import { ForgivingRedisCacher } from "../mixins/cache/redis-cacher";

/**
 * Shops may share a Redis, and nothing else tells them apart: two databases may have the same address, one after the
 * other or each on a machine of its own. A cache in memory is nobody else's.
 */
export function nameCache({ cacher }: ServiceBroker, shopId: string | undefined): void {
	if (cacher instanceof ForgivingRedisCacher && shopId !== undefined) cacher.beginNamesWith(`molecart-${shopId}-`);
}
