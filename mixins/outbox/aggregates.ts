/**
 * SQL that forgets the counters of aggregates: a part of the statement that removes the aggregates themselves. Only then
 * can no event of theirs be written any more, and only because each publisher locks its aggregate first: with a counter
 * less an aggregate would begin at version 1 again, and whoever compares versions would take the news for old.
 * @param ids a query for their ids; their rows are locked
 */
export function forgetAggregates(schema: string, ids: string): string {
	return `DELETE FROM ${schema}.outbox_aggregates WHERE aggregate_id = ANY (ARRAY(${ids}))`;
}
