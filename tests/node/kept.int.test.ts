import { readFileSync } from "node:fs";
import path from "node:path";
import { onServer } from "../support/postgres-server";
import { testDatabase } from "../support/servers";

const PAGE = path.join(__dirname, "../../docs/operating.md");
const SCHEMAS = ["users", "catalog", "cart", "orders", "payments", "sandbox_provider", "events"];

/** The names in the first column of the table below that heading. */
function namedIn(heading: string): Set<string> {
	const section = readFileSync(PAGE, "utf8").split(`\n## ${heading}\n`)[1]!.split("\n## ")[0]!;
	const cells = [...section.matchAll(/^\| (`.*?) +\|/gm)].map(([, cell]) => cell!);
	return new Set(cells.flatMap((cell) => [...cell.matchAll(/`(.+?)`/g)].map(([, name]) => name!)));
}

test("docs/operating.md says of every table how long its rows are kept, and of no other", async () => {
	await using database = await testDatabase();
	const tables = await onServer(database.url, async (client) => {
		const { rows } = await client.query<{ schema: string; name: string }>(
			`SELECT relnamespace::regnamespace::text AS schema, relname AS name FROM pg_class
			WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace::regnamespace::text = ANY ($1)`,
			[SCHEMAS],
		);
		return rows;
	});

	const named = namedIn("What is kept, and for how long");
	// What several services have is named without its schema.
	const shown = tables.map(({ schema, name }) => (named.has(name) ? name : `${schema}.${name}`));

	expect([...named].toSorted()).toEqual([...new Set(shown)].toSorted());
});
