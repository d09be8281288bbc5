import type pg from "pg";

/** Of which version the indexes are, and which one the server has now: an operating system that is updated brings another. */
const VERSIONS = `SELECT collversion AS sorted_by, pg_collation_actual_version(oid) AS now FROM pg_collation
	WHERE collname = 'und-x-icu' AND collversion <> pg_collation_actual_version(oid)`;

/** What to tell whoever runs the shop where the catalogue's indexes were built by other rules than the server's of now. */
export async function otherCollation(client: pg.Client, variable: string): Promise<string | undefined> {
	const { rows } = await client.query<{ sorted_by: string; now: string }>(VERSIONS);
	const [found] = rows;
	return (
		found &&
		`The catalogue of ${variable} was sorted by version ${found.sorted_by} of ICU's rules, and the server has ${found.now}: ` +
			"a list of products may miss some, and two SKUs that are alike may get in. Build its indexes anew, " +
			"REINDEX TABLE CONCURRENTLY catalog.products, and then, as a superuser, " +
			'ALTER COLLATION pg_catalog."und-x-icu" REFRESH VERSION; docs/operating.md says how.'
	);
}
