import { Pool } from "pg";
import { roleLogin } from "../../node/role-login";
import { onServer } from "../support/postgres-server";
import { testDatabase, type TestDatabase } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess } from "../support/shop-process";
import { buyAndCancel, emptyDatabase, prepare, ROLES, urlFor } from "./roles.stage";

jest.setTimeout(400_000);

let base: TestDatabase;
let name: string;

beforeEach(async () => {
	base = await testDatabase();
	name = new URL(base.url).pathname.slice(1);
	await emptyDatabase(base.url);
});
afterEach(() => base[Symbol.asyncDispose]());

const asAdmin = (statement: string): Promise<unknown> => onServer(base.url, (client) => client.query(statement));

/** The roles that are there for the services of this database. */
const madeRoles = (): Promise<string[]> =>
	onServer(base.url, async (client) => {
		const wanted = ROLES.map((role) => roleLogin(base.url, role).name);
		const { rows } = await client.query<{ rolname: string }>(
			"SELECT rolname FROM pg_roles WHERE rolname = ANY ($1) ORDER BY 1",
			[wanted],
		);
		return rows.map(({ rolname }) => rolname);
	});

test("where the URL's user may not make roles the services work as that user, which is said once", async () => {
	const owner = `${name}_owner`;
	await asAdmin(`CREATE ROLE ${owner} LOGIN PASSWORD 's3cr3t'; ALTER DATABASE ${name} OWNER TO ${owner}`);
	const url = urlFor(base.url, owner, "s3cr3t");
	await using shop = await startShopProcess("plain", { ...shopEnvironment(url, undefined), LOG_LEVEL: "warn" });
	let said = "";
	for (const stream of [shop.child.stdout!, shop.child.stderr!]) stream.on("data", (text: string) => (said += text));
	await shop.ready();
	const database = new Pool({ connectionString: base.url, max: 2, application_name: "molecart tests" });

	await buyAndCancel(shop.url, database);

	const { rows } = await database.query<{ usename: string }>(
		`SELECT DISTINCT usename FROM pg_stat_activity
		WHERE datname = current_database() AND application_name IN ('molecart', 'molecart sandbox provider')`,
	);
	await database.end();
	await shop.end("SIGTERM");
	expect(rows).toEqual([{ usename: owner }]);
	expect(said.match(/PostgreSQL role/g)).toHaveLength(1);
	expect(said).toContain(
		`The services of DATABASE_URL work as its user "${owner}", and not each as a PostgreSQL role of its own: ` +
			"permission denied to create role.",
	);
	expect(said).toContain(`ALTER ROLE "${owner}" CREATEROLE`);
	expect(await madeRoles()).toEqual([]);
});

test("a user who may make roles needs no more than that and its database", async () => {
	const owner = `${name}_owner`;
	await asAdmin(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 's3cr3t'; ALTER DATABASE ${name} OWNER TO ${owner}`);

	const { warnings, access } = await prepare({ DATABASE_URL: urlFor(base.url, owner, "s3cr3t") });

	expect(warnings).toEqual([]);
	expect(new URL(access.of("orders").url).username).toBe(`${name}_orders`);
	expect(await madeRoles()).toHaveLength(ROLES.length);
});

test("a role of that name that somebody else has made is left alone, and none is made beside it", async () => {
	const taken = `${name}_orders`;
	await asAdmin(`CREATE ROLE ${taken} LOGIN SUPERUSER`);

	const { warnings, access } = await prepare({ DATABASE_URL: base.url });

	expect(warnings).toHaveLength(1);
	expect(warnings[0]).toContain(`there is a role "${taken}" already, not made by`);
	expect(access.of("orders").url).toBe(base.url);
	expect(await madeRoles()).toEqual([taken]);
});

test("four that start at once on an empty database provide it with everything once", async () => {
	const four = await Promise.all(Array.from({ length: 4 }, () => prepare({ DATABASE_URL: base.url })));

	expect(four.flatMap(({ warnings }) => warnings)).toEqual([]);
	expect(four.filter(({ applied }) => applied.length > 0)).toHaveLength(1);
	expect(await madeRoles()).toHaveLength(ROLES.length);
});

test("a database whose public has no right to connect lets the roles in all the same", async () => {
	await asAdmin(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`);

	expect((await prepare({ DATABASE_URL: base.url })).warnings).toEqual([]);
});

test("a table that somebody else has made in a schema is told, and the services work as the URL's user", async () => {
	const [owner, other] = [`${name}_owner`, `${name}_other`];
	await asAdmin(`CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 's3cr3t'; ALTER DATABASE ${name} OWNER TO ${owner}`);
	const url = urlFor(base.url, owner, "s3cr3t");
	await prepare({ DATABASE_URL: url });
	await asAdmin(
		`CREATE ROLE ${other}; CREATE TABLE orders.theirs (id integer); ALTER TABLE orders.theirs OWNER TO ${other}`,
	);

	const { warnings } = await prepare({ DATABASE_URL: url });

	expect(warnings).toHaveLength(1);
	expect(warnings[0]).toContain("permission denied for table theirs");
});

test("a catalogue that was sorted by another version of ICU is told, with what to do, until that is done", async () => {
	await prepare({ DATABASE_URL: base.url });
	await asAdmin("UPDATE pg_collation SET collversion = '1.2' WHERE collname = 'und-x-icu'");

	const { warnings } = await prepare({ DATABASE_URL: base.url });
	await asAdmin('ALTER COLLATION pg_catalog."und-x-icu" REFRESH VERSION');
	const { warnings: afterwards } = await prepare({ DATABASE_URL: base.url });

	expect(warnings).toEqual([
		expect.stringMatching(
			/^The catalogue of DATABASE_URL was sorted by version 1\.2 of ICU's rules, .*REFRESH VERSION/,
		),
	]);
	expect(afterwards).toEqual([]);
});
