import { sql } from "../database/statement";
import type { Rule } from "../retention/clear-away";

/**
 * Forgets keys of the kinds of requests that are named, so many days after they were used: from then on a repetition is
 * a new request. Whatever is not named is remembered for ever. A kind is what a scope begins with, up to its first slash.
 */
export function oldKeys(schema: string, kinds: readonly string[], days: number): Rule {
	return {
		what: "idempotency keys",
		remove: sql(
			`${schema}.idempotency.forget`,
			`DELETE FROM ${schema}.idempotency_keys WHERE (scope, key) IN (
				SELECT scope, key FROM ${schema}.idempotency_keys
				WHERE split_part(scope, '/', 1) = ANY ($2) AND created_at < now() - $3 * interval '1 day'
				LIMIT $1 FOR UPDATE SKIP LOCKED
			) RETURNING key`,
		),
		values: [kinds, days],
	};
}
