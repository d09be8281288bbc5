import { sql } from "../database/statement";
import { removeOldest, type Rule } from "../retention/clear-away";

/**
 * Forgets keys of the kinds of requests that are named, so many days after they were used: from then on a repetition is
 * a new request. Whatever is not named is remembered for ever. A kind is what a scope begins with, up to its first slash.
 */
export function oldKeys(schema: string, kinds: readonly string[], days: number): Rule[] {
	const isOld = "split_part(scope, '/', 1) = $2 AND created_at < now() - $3 * interval '1 day'";
	const remove = sql(`${schema}.idempotency.forget`, removeOldest(`${schema}.idempotency_keys`, "created_at", isOld));
	return kinds.map((kind) => ({ what: `idempotency keys (${kind})`, remove, values: [kind, days] }));
}
