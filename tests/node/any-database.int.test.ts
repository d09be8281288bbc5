import pg from "pg";
import { clientConfig } from "../../mixins/database/client-config";
import { startNode } from "../../node/node";
import { readSettings } from "../../node/settings";
import { onServer } from "../support/postgres-server";
import { foundServices } from "../support/found-services";
import { testDatabase } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { buyAndCancel } from "./roles.stage";

/** What an owner may have set for everybody who comes, and what would change the meaning of our statements. */
const STRANGE_SETTINGS = [
	"datestyle = 'German, DMY'",
	"intervalstyle = 'sql_standard'",
	"timezone = 'Pacific/Chatham'",
	"bytea_output = 'escape'",
	"extra_float_digits = -15",
	"standard_conforming_strings = off",
	"transform_null_equals = on",
	"search_path = nowhere",
	"default_transaction_isolation = 'serializable'",
	"default_transaction_deferrable = on",
	"synchronous_commit = off",
	"statement_timeout = '1ms'",
	"lock_timeout = '1ms'",
	"idle_in_transaction_session_timeout = '1ms'",
	"idle_session_timeout = '200ms'",
];

const { url: server } = foundServices().postgres;

/** A database with names that have to be escaped in a URL, and settings of its own, as its owner sees it. */
async function strangeDatabase(): Promise<AsyncDisposable & { url: string }> {
	const base = await testDatabase();
	const plain = new URL(base.url).pathname.slice(1);
	const database = `${plain} ä#/1?`;
	const owner = `${plain} ö@:/`;
	const password = "50 % ü:/?#@";
	const [quoted, role] = [pg.escapeIdentifier(database), pg.escapeIdentifier(owner)];
	await onServer(server, async (client) => {
		await client.query(`ALTER DATABASE ${plain} RENAME TO ${quoted}`);
		await client.query(`CREATE ROLE ${role} LOGIN SUPERUSER PASSWORD ${pg.escapeLiteral(password)}`);
		for (const setting of STRANGE_SETTINGS) await client.query(`ALTER DATABASE ${quoted} SET ${setting}`);
	});
	const url = new URL(base.url);
	url.pathname = `/${encodeURIComponent(database)}`;
	url.username = encodeURIComponent(owner);
	url.password = encodeURIComponent(password);
	return {
		// As people paste it: the percent sign of the password is not escaped.
		url: url.href.replace("%25", "%"),
		async [Symbol.asyncDispose]() {
			await onServer(server, async (client) => {
				await client.query(`ALTER DATABASE ${quoted} RESET ALL`);
				await client.query(`ALTER DATABASE ${quoted} RENAME TO ${plain}`);
			});
			await base[Symbol.asyncDispose]();
			await onServer(server, async (client) => {
				const { rows } = await client.query<{ name: string }>(
					"SELECT rolname AS name FROM pg_roles WHERE starts_with(rolname, $1)",
					[plain],
				);
				for (const { name } of rows) await client.query(`DROP ROLE ${pg.escapeIdentifier(name)}`);
			});
		},
	};
}

test("names that have to be escaped, and settings that change what a session sees, make no difference to an order", async () => {
	await using database = await strangeDatabase();
	const fatal = jest.fn();

	const environment = { ...shopEnvironment(database.url, undefined), PORT: "0" };
	const node = await startNode(readSettings(environment), fatal);
	const looking = new pg.Pool({ ...clientConfig(readSettings(environment).databaseUrl!), max: 2 });
	await buyAndCancel(node.url!, looking);

	await looking.end();
	await node.stop();
	expect(fatal).not.toHaveBeenCalled();
});
