import type { ClientConfig } from "pg";
import { parseIntoClientConfig } from "pg-connection-string";

/**
 * What our statements rely on, whatever `ALTER DATABASE … SET` or `ALTER ROLE … SET` say: how values are written, which
 * transactions see what, that a commit is on the disk, and that nobody ends a session for its silence. Whether the server
 * can be written to is not ours to decide, so `default_transaction_read_only` is not among them.
 */
const SESSION: Readonly<Record<string, string>> = {
	DateStyle: "ISO, MDY",
	IntervalStyle: "postgres",
	TimeZone: "UTC",
	bytea_output: "hex",
	extra_float_digits: "1",
	standard_conforming_strings: "on",
	transform_null_equals: "off",
	search_path: "pg_catalog",
	default_transaction_isolation: "read committed",
	default_transaction_deferrable: "off",
	synchronous_commit: "on",
	statement_timeout: "0",
	lock_timeout: "0",
	idle_in_transaction_session_timeout: "0",
	idle_session_timeout: "0",
};

/**
 * Reads a database's URL, for every use of it: left to themselves, pg and Sequelize take some escaped names differently.
 * @param url postgres://user:password@host:port/database?…, where names may be escaped or not
 */
export function clientConfig(url: string): ClientConfig {
	const address = new URL(url);
	const config = parseIntoClientConfig(address.href);
	const database = decodeURIComponent(address.pathname.slice(1));
	return {
		...config,
		...(database !== "" && { database }),
		options: [config.options, ...Object.entries(SESSION).map(asOption)].filter(Boolean).join(" "),
	};
}

/** PostgreSQL takes the part up to the next space that no backslash stands before. */
function asOption([name, value]: readonly [string, string]): string {
	return `-c ${name}=${value.replaceAll(/[\\ ]/g, String.raw`\$&`)}`;
}
