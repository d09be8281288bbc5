import type { Context, Service } from "moleculer";
import { hint } from "../../mixins/hint";
import type { CallerMeta } from "../../mixins/access/access";

/** So old may a product be that is shown: an update clears the caches, but may cross with a read. */
const TTL_S = 1;

/**
 * How an answer that shows products is cached: by all that was asked, as JSON, since Moleculer's own key joins texts
 * with signs that a search text may hold as well; and by role, since administrators see more.
 */
export function shownCache(enabled: (ctx: Context) => boolean = () => true) {
	return {
		enabled,
		ttl: TTL_S,
		keygen: (action: { name?: string }, _options: unknown, ctx: Context<unknown, CallerMeta>) =>
			`${action.name}:${JSON.stringify([ctx.params, ctx.meta.caller?.role])}`,
	};
}

/** After a change: this node's cache and those of the other products nodes. */
export function tellCaches(service: Service): void {
	hint(service, "cache.clean.products");
}

export function forgetShown(service: Service): void {
	const { cacher } = service.broker;
	cacher
		?.clean("products.**")
		.catch((error: Error) => service.logger.warn("The cache could not be cleared:", error.message));
}
