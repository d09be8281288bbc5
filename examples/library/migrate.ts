import fs from "node:fs";
import path from "node:path";
import pg from "pg";
import { stepsOf, type Step } from "../../mixins/tables/tables";

/** Any number that is the library's alone. */
const LOCK = 1_815_1210;

/** What is applied, in this order: the mixins' tables in each service's schema, then the library's own. */
function everything(): (Step & { schema: string })[] {
	const own = path.join(__dirname, "migrations");
	return [
		...stepsOf("postgres-transport").map((step) => ({ ...step, schema: "public" })),
		...["desk", "notices"].flatMap((schema) => stepsOf("events").map((step) => ({ ...step, schema }))),
		...fs.readdirSync(own).map((name) => ({
			name,
			sql: fs.readFileSync(path.join(own, name), "utf8"),
			schema: "public",
		})),
	];
}

/**
 * Applies what is missing, each step in a transaction with the note that it was applied. Several nodes may do so at
 * once. Any migration tool does this as well; the mixins only need each step once, in its schema.
 */
export async function migrate(url: string): Promise<void> {
	const client = new pg.Client(url);
	await client.connect();
	try {
		await client.query("SELECT pg_advisory_lock($1)", [LOCK]);
		for (const schema of ["desk", "notices"]) await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
		await client.query(
			"CREATE TABLE IF NOT EXISTS public.applied (step text, schema text, PRIMARY KEY (step, schema))",
		);
		for (const step of everything()) await applyOnce(client, step);
	} finally {
		await client.end();
	}
}

async function applyOnce(client: pg.Client, { name, sql, schema }: Step & { schema: string }): Promise<void> {
	const found = await client.query("SELECT FROM public.applied WHERE step = $1 AND schema = $2", [name, schema]);
	if (found.rowCount === 1) return;
	await client.query("BEGIN");
	try {
		await client.query(`SET LOCAL search_path TO ${schema}, public`);
		await client.query(sql);
		await client.query("INSERT INTO public.applied (step, schema) VALUES ($1, $2)", [name, schema]);
		await client.query("COMMIT");
	} catch (error) {
		await client.query("ROLLBACK");
		throw error;
	}
}
