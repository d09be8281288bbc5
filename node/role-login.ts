import { createHash, createHmac } from "node:crypto";
import pg from "pg";
import type { DatabaseRole } from "../services/resources";
import { clientConfig } from "../mixins/database/client-config";

/** PostgreSQL cuts longer names, and two could collide. */
const NAME_BYTES_MAX = 63;

/** How a part of the shop logs in on its database. */
export interface RoleLogin {
	/** `<database>_<role>`: roles belong to the whole server, on which there may be another shop. */
	name: string;
	/** `undefined` where the URL that it comes from has none. */
	password: string | undefined;
	url: string;
}

/**
 * Follows from `url` alone, so that all nodes with the same one agree without a word and nothing has to be kept: the
 * password is made of the URL's own.
 */
export function roleLogin(url: string, role: DatabaseRole): RoleLogin {
	const { database, password: secret } = new pg.Client(clientConfig(url));
	const name = nameOf(database!, role);
	const password = secret ? createHmac("sha256", secret).update(name).digest("hex") : undefined;
	const login = new URL(url);
	// pg takes these before those in front of the host.
	for (const parameter of ["user", "password"]) {
		if (login.searchParams.has(parameter)) login.searchParams.delete(parameter);
	}
	login.username = encodeURIComponent(name);
	login.password = password ?? "";
	return { name, password, url: login.href };
}

function nameOf(database: string, role: DatabaseRole): string {
	const name = `${database}_${role}`;
	if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return name;
	return `molecart_${createHash("sha256").update(database).digest("hex").slice(0, 16)}_${role}`;
}
