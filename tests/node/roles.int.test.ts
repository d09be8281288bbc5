import { Client } from "pg";
import { roleLogin } from "../../node/role-login";
import type { DatabaseRole } from "../../services/resources";
import { onServer } from "../support/postgres-server";
import { transports } from "../support/servers";
import { openShop, type Shop } from "../support/shop";
import { answerTo, buyAndCancel, DENIED, ROLES, SCHEMAS } from "./roles.stage";

interface Table {
	schema: string;
	/** With its schema, quoted. */
	name: string;
	/** Of a column that may be written. */
	column: string;
	isPartition: boolean;
}

/** All there are, so that a new one is covered by itself. */
const TABLES = `SELECT nspname AS schema, format('%I.%I', nspname, relname) AS name, relispartition AS "isPartition", (
		SELECT quote_ident(attname) FROM pg_attribute
		WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''
		ORDER BY attnum LIMIT 1
	) AS column
	FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
	WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY 2`;

const read = ({ name }: Table): string => `SELECT count(*) FROM ${name}`;
const write = ({ name, column }: Table): string[] => [
	`INSERT INTO ${name} DEFAULT VALUES`,
	`UPDATE ${name} SET ${column} = ${column} WHERE false`,
	`DELETE FROM ${name} WHERE false`,
];
const change = ({ name, column }: Table): string[] => [
	`TRUNCATE ${name} CASCADE`,
	`ALTER TABLE ${name} ADD COLUMN more text`,
	`CREATE INDEX ON ${name} (${column})`,
	`CREATE TRIGGER t AFTER INSERT ON ${name} EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
	`DROP TABLE ${name} CASCADE`,
];

describe("the role of", () => {
	let shop: Shop;
	let url: string;
	let tables: Table[];

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
		url = shop.node().settings.databaseUrl!;
		tables = (await shop.database.query<Table>(TABLES)).rows;
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const as = <Result>(role: DatabaseRole, work: (client: Client) => Promise<Result>): Promise<Result> =>
		onServer(roleLogin(url, role).url, work);

	/** Of these statements those that the role gets another answer to. */
	async function otherwise(role: DatabaseRole, statements: readonly string[], denied: boolean): Promise<string[]> {
		return as(role, async (client) => {
			const found: string[] = [];
			for (const statement of statements) {
				const answer = await answerTo(client, statement);
				if ((answer === DENIED) !== denied) found.push(`${statement}: ${answer ?? "done"}`);
			}
			return found;
		});
	}

	test.each(ROLES)("%s reads and writes its own tables", async (role) => {
		const own = tables.filter(({ schema, isPartition }) => schema === SCHEMAS[role] && !isPartition);

		const denied = await otherwise(
			role,
			own.flatMap((table) => [read(table), ...write(table)]),
			false,
		);

		expect(own.length).toBeGreaterThan(0);
		expect(denied).toEqual([]);
	});

	test.each(ROLES)("%s can't change its own tables, nor write into a partition past its table", async (role) => {
		const own = tables.filter(({ schema }) => schema === SCHEMAS[role]);
		const partitions = own.filter(({ isPartition }) => isPartition);

		const statements = [...own.flatMap(change), ...partitions.flatMap(write)];

		expect(await otherwise(role, statements, true)).toEqual([]);
	});

	test.each(ROLES)("%s can neither read, write nor change what belongs to others", async (role) => {
		const others = tables.filter(({ schema }) => schema !== SCHEMAS[role]);

		const statements = others.flatMap((table) => [read(table), ...write(table), ...change(table)]);

		expect(others.map(({ name }) => name)).toContain("migrations.applied");
		expect(new Set(others.map(({ schema }) => schema)).size).toBe(ROLES.length);
		expect(await otherwise(role, statements, true)).toEqual([]);
	});

	test.each(ROLES)("%s can make nothing, and be nobody else", async (role) => {
		const places = [...Object.values(SCHEMAS), "migrations", "public"];
		const neighbours = ROLES.filter((other) => other !== role).map((other) => roleLogin(url, other).name);

		const statements = [
			...places.map((schema) => `CREATE TABLE ${schema}.mine (id integer)`),
			...places.map((schema) => `CREATE FUNCTION ${schema}.mine() RETURNS integer LANGUAGE sql RETURN 1`),
			"CREATE SCHEMA mine",
			"CREATE ROLE molecart_test_mine",
			...neighbours.map((name) => `SET ROLE ${name}`),
			...neighbours.map((name) => `ALTER ROLE ${name} PASSWORD 'mine'`),
		];

		expect(await otherwise(role, statements, true)).toEqual([]);
	});

	test.each(ROLES)("%s can't use its neighbours' sequences and functions", async (role) => {
		const { rows } = await shop.database.query<{ schema: string; statement: string }>(
			`SELECT nspname AS schema, format('SELECT nextval(%L)', format('%I.%I', nspname, relname)) AS statement
			FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'S'
			UNION ALL
			SELECT nspname, format('SELECT %I.%I(%s)', nspname, proname,
				(SELECT string_agg(format('NULL::%s', of::regtype), ', ') FROM unnest(proargtypes) AS of))
			FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = ANY ($1)`,
			[Object.values(SCHEMAS)],
		);

		const others = rows.filter(({ schema }) => schema !== SCHEMAS[role]).map(({ statement }) => statement);

		expect(others.length).toBeGreaterThan(10);
		expect(await otherwise(role, others, true)).toEqual([]);
	});

	test.each(["users", "products", "cart", "orders", "payments"] as const)(
		"%s keeps the days of its events, which it could neither make nor drop itself",
		async (role) => {
			const schema = SCHEMAS[role];
			await shop.database.query(`SELECT ${schema}.keep_event_days(14, 14)`);
			const days = async (): Promise<string[]> =>
				(
					await shop.database.query<{ name: string }>(
						"SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = $1::regclass ORDER BY 1",
						[`${schema}.outbox_history`],
					)
				).rows.map(({ name }) => name);
			const all = await days();
			const last = all.findLast((name) => /_\d{8}$/.test(name))!;
			await shop.database.query(`DROP TABLE ${last}`);

			const undone = await as(
				role,
				async (client) => (await client.query(`SELECT ${schema}.keep_event_days(14, 14) AS undone`)).rows,
			);

			expect(undone).toEqual([{ undone: 0 }]);
			expect(await days()).toEqual(all);
		},
	);

	test("somebody who may only look can't have the days of events dropped", async () => {
		const { database } = new Client({ connectionString: url });
		const reader = `${database}_reader`;
		await shop.database.query(`CREATE ROLE ${reader}; GRANT USAGE ON SCHEMA orders TO ${reader}`);

		const answer = await onServer(url, async (client) => {
			await client.query(`SET ROLE ${reader}`);
			return answerTo(client, "SELECT orders.keep_event_days(0, 0)");
		});

		expect(answer).toBe(DENIED);
	});
});

interface Connections {
	user: string;
	of: string;
	count: number;
}

describe.each(transports)("a shop at work, with events over %s", (events) => {
	test("has every service's connections under its own role, and under the URL's user none but its place", async () => {
		await using shop = await openShop({ events });
		const url = shop.node().settings.databaseUrl!;
		const database = new URL(url).pathname.slice(1);

		await buyAndCancel(shop.node().url!, shop.database);

		const { rows } = await shop.database.query<Connections>(
			`SELECT usename AS user, application_name AS of, count(*)::int AS count FROM pg_stat_activity
			WHERE datname = current_database() AND application_name LIKE 'molecart%' GROUP BY 1, 2 ORDER BY 2, 1`,
		);
		const usersOf = (application: string): string[] =>
			rows.filter(({ of }) => of === application).map(({ user }) => user.replace(`${database}_`, ""));
		const services = ["cart", "orders", "payments", "products", "users"];
		expect(usersOf("molecart")).toEqual(events === "postgres" ? [...services, "events"].toSorted() : services);
		expect(usersOf("molecart sandbox provider")).toEqual(["sandbox_provider"]);
		expect(usersOf("molecart migrate")).toEqual([]);
		expect(usersOf("molecart place")).toEqual([new Client({ connectionString: url }).user]);
		const pooled = rows.filter(({ of }) => of === "molecart");
		expect(pooled.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(24);
		await shop.untilSound();
	});

	test("has the same roles and rights when it is started again", async () => {
		await using shop = await openShop({ events });
		const roles = async (): Promise<object[]> =>
			(
				await shop.database.query<object>(
					`SELECT rolname, r.oid, array_agg(format('%s %s %s', relname, c.oid, acl.privilege_type) ORDER BY 1) AS rights
					FROM pg_roles r JOIN pg_class c ON true, aclexplode(relacl) AS acl
					WHERE grantee = r.oid AND starts_with(rolname, current_database()) GROUP BY 1, 2 ORDER BY 1`,
				)
			).rows;
		const before = await roles();

		await shop.restart();

		await buyAndCancel(shop.node().url!, shop.database);
		expect(before).toHaveLength(events === "postgres" ? 7 : 6);
		expect(await roles()).toEqual(before);
		await shop.untilSound();
	});
});
