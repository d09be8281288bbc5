import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../embedded/postgres";
import { roleLogin } from "../../node/role-login";
import { onServer } from "../support/postgres-server";
import { prepare, ROLES, urlFor } from "./roles.stage";

/** The embedded server asks everybody for a password; a server on a developer's machine often asks nobody. */
let dataDir: string;
let server: EmbeddedPostgres;
let url: string;

beforeAll(async () => {
	dataDir = await mkdtemp("/tmp/molecart-roles-");
	await chmod(dataDir, 0o755);
	server = await startEmbeddedPostgres({ dataDir });
	url = server.url;
	await prepare({ DATABASE_URL: url });
});
afterAll(async () => {
	await server?.stop();
	await rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

const whoIs = (login: string): Promise<string> =>
	onServer(login, async (client) => (await client.query<{ user: string }>("SELECT user")).rows[0]!.user);

test("each role gets in with its own password, and with no other's", async () => {
	for (const role of ROLES) expect(await whoIs(roleLogin(url, role).url)).toBe(roleLogin(url, role).name);

	const { name } = roleLogin(url, "orders");
	await expect(whoIs(urlFor(url, name, roleLogin(url, "cart").password!))).rejects.toMatchObject({ code: "28P01" });
	await expect(whoIs(urlFor(url, name, ""))).rejects.toThrow(/password/);
});

test("the server knows no password, only what it checks one by", async () => {
	const kept = await onServer(url, async (client) => {
		const { rows } = await client.query<{ rolpassword: string }>(
			"SELECT rolpassword FROM pg_authid WHERE starts_with(rolname, current_database() || '_')",
		);
		return rows.map(({ rolpassword }) => rolpassword);
	});

	expect(kept).toHaveLength(ROLES.length);
	expect(kept.filter((each) => !each.startsWith("SCRAM-SHA-256$4096:"))).toEqual([]);
	expect(new Set(kept).size).toBe(ROLES.length);
});

test("when the password of the URL's user is changed, those of the roles follow at the next start", async () => {
	const before = roleLogin(url, "orders");
	await onServer(url, (client) => client.query("ALTER ROLE molecart PASSWORD 'a new one'"));
	url = urlFor(url, "molecart", "a new one");

	const { warnings } = await prepare({ DATABASE_URL: url });

	expect(warnings).toEqual([]);
	for (const role of ROLES) expect(await whoIs(roleLogin(url, role).url)).toBe(roleLogin(url, role).name);
	await expect(whoIs(before.url)).rejects.toMatchObject({ code: "28P01" });
});

test("a server that lets the roles in from nowhere is said, and the services work as the URL's user", async () => {
	const file = path.join(dataDir, "pg18/pg_hba.conf");
	const rules = await readFile(file, "utf8");
	const { name } = roleLogin(url, "orders");
	await writeFile(file, `host all ${name} all reject\n${rules}`);
	await onServer(url, (client) => client.query("SELECT pg_reload_conf()"));

	const { warnings, access } = await prepare({ DATABASE_URL: url });

	expect(warnings).toHaveLength(1);
	expect(warnings[0]).toMatch(`pg_hba.conf rejects connection for host "127.0.0.1", user "${name}"`);
	expect(access.of("orders").url).toBe(url);
});
