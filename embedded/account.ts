import { readFile, stat } from "node:fs/promises";

import { EmbeddedPostgresError, isCode } from "./failure";

/** Whom PostgreSQL runs as, when that isn't ourselves. */
export interface Account {
	readonly name: string;
	readonly uid: number;
	readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root, so root lends it another account: the owner of the data where there is data already
 * (it refuses any other), else `postgres`, else `nobody`. Everyone else runs it as themselves: undefined.
 */
export async function chooseAccount(cluster: string): Promise<Account | undefined> {
	if (process.getuid?.() !== 0) return undefined;
	return (await ownerOf(cluster)) ?? (await accountNamed("postgres")) ?? (await accountNamed("nobody")) ?? refuse();
}

async function ownerOf(cluster: string): Promise<Account | undefined> {
	try {
		const { uid, gid } = await stat(cluster);
		return uid === 0 ? undefined : { name: `user ${uid}`, uid, gid };
	} catch (error) {
		if (isCode(error, "ENOENT")) return undefined;
		throw error;
	}
}

async function accountNamed(name: string): Promise<Account | undefined> {
	const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
	const fields = passwd.split("\n").map((line) => line.split(":"));
	const entry = fields.find(([user, , uid]) => user === name && Number(uid) !== 0);
	return entry && { name, uid: Number(entry[2]), gid: Number(entry[3]) };
}

function refuse(): never {
	throw new EmbeddedPostgresError(
		"PostgreSQL refuses to run as root, and this machine has neither a user 'postgres' nor 'nobody' to run it as. " +
			"Start as another user, or set DATABASE_URL to a PostgreSQL server.",
	);
}
