import pg from "pg";
import type { DatabaseRole } from "../services/resources";
import { roleLogin, type RoleLogin } from "./role-login";
import { lackingRights } from "./role-rights";
import { scramVerifier } from "./scram";
import { clientConfig } from "../mixins/database/client-config";

/** A role, and the one schema that it works on. */
export interface RoleOfSchema {
	role: DatabaseRole;
	schema: string;
}

const CONNECT_MS_MAX = 5_000;
const WRONG_PASSWORD = "28P01";

/** The server is busy or on its way up or down, which says nothing about the roles. */
const PASSING = /^(53|57)/;

/**
 * Makes the roles as which the services work, gives them what they lack, and tries their logins. For one caller at a
 * time; safe to repeat, and a repetition that has nothing to do changes nothing.
 * @param migrator who has brought the schemas up to date, on the database of `url`
 * @returns why the roles can't be used, as it follows a colon; `undefined` when they can
 */
export async function provideRoles(
	migrator: pg.Client,
	url: string,
	wanted: readonly RoleOfSchema[],
): Promise<string | undefined> {
	try {
		await makeRoles(migrator, url, wanted);
		await tryLogins(
			migrator,
			wanted.map(({ role }) => roleLogin(url, role)),
		);
		return undefined;
	} catch (error) {
		const isRefusal = error instanceof pg.DatabaseError && !PASSING.test(error.code ?? "");
		if (isRefusal || error instanceof UnusableRoleError) return error.message;
		throw error;
	}
}

/** The server has refused nothing, and yet the role is not what it should be. */
class UnusableRoleError extends Error {}

async function makeRoles(migrator: pg.Client, url: string, wanted: readonly RoleOfSchema[]): Promise<void> {
	const { rows } = await migrator.query<{ name: string; mark: string | null }>(
		"SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS mark FROM pg_roles WHERE rolname = ANY ($1)",
		[wanted.map(({ role }) => roleLogin(url, role).name)],
	);
	const marks = new Map(rows.map(({ name, mark }) => [name, mark]));
	await migrator.query("BEGIN");
	try {
		for (const { role, schema } of wanted) {
			const login = roleLogin(url, role);
			if (!marks.has(login.name)) await create(migrator, login);
			else if (marks.get(login.name) !== markOf(migrator)) {
				throw new UnusableRoleError(`there is a role "${login.name}" already, not made by "${migrator.user}"`);
			}
			await grant(migrator, login, schema);
		}
		await migrator.query("COMMIT");
	} catch (error) {
		// On a broken connection there is nothing to roll back, and the first error is the one to tell.
		await migrator.query("ROLLBACK").catch(() => undefined);
		throw error;
	}
}

/** Tells our roles from a person's of the same name, and from those that other nodes use under another user's password. */
function markOf({ user, database }: pg.Client): string {
	return `Molecart's, made by ${user} for the database ${database}`;
}

async function create(migrator: pg.Client, login: RoleLogin): Promise<void> {
	const name = pg.escapeIdentifier(login.name);
	await migrator.query(`CREATE ROLE ${name} LOGIN NOINHERIT ${passwordOf(login)}`);
	await migrator.query(`COMMENT ON ROLE ${name} IS ${pg.escapeLiteral(markOf(migrator))}`);
}

function passwordOf({ password }: RoleLogin): string {
	return password === undefined ? "" : `PASSWORD ${pg.escapeLiteral(scramVerifier(password))}`;
}

/** To whoever may not grant it, PostgreSQL may answer with a mere warning: so what is still lacking is asked again. */
async function grant(migrator: pg.Client, { name }: RoleLogin, schema: string): Promise<void> {
	const lacking = await lackingRights(migrator, name, schema);
	if (lacking.length === 0) return;
	await migrator.query(lacking.join(";\n"));
	const [refused] = await lackingRights(migrator, name, schema);
	if (refused) throw new UnusableRoleError(`"${migrator.user}" may not ${refused}`);
}

/** A password that was right once follows the URL's own when that is changed. */
async function tryLogins(migrator: pg.Client, logins: readonly RoleLogin[]): Promise<void> {
	const isRight = await Promise.all(logins.map(hasRightPassword));
	for (const login of logins.filter((_, index) => !isRight[index])) {
		await migrator.query(`ALTER ROLE ${pg.escapeIdentifier(login.name)} ${passwordOf(login)}`);
		await connect(login);
	}
}

async function hasRightPassword(login: RoleLogin): Promise<boolean> {
	try {
		await connect(login);
		return true;
	} catch (error) {
		if ((error as { code?: unknown }).code !== WRONG_PASSWORD || login.password === undefined) throw error;
		return false;
	}
}

async function connect({ url }: RoleLogin): Promise<void> {
	const client = new pg.Client({
		...clientConfig(url),
		application_name: "molecart migrate",
		connectionTimeoutMillis: CONNECT_MS_MAX,
	});
	client.on("error", () => undefined);
	try {
		await client.connect();
	} finally {
		await client.end();
	}
}
