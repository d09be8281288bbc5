import { randomBytes } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";

import { isCode } from "./failure";

export interface Password {
	readonly value: string;
	/** Made just now: a server that has data already doesn't know it yet. */
	readonly isNew: boolean;
}

/** The superuser's password: random, made once for a data directory, in a file for its owner's eyes alone. */
export async function ownPassword(dataDir: string): Promise<Password> {
	const file = path.join(dataDir, "postgres.password");
	try {
		const value = (await readFile(file, "utf8")).trim();
		if (value !== "") return { value, isNew: false };
	} catch (error) {
		if (!isCode(error, "ENOENT")) throw error;
	}
	const value = randomBytes(24).toString("base64url");
	await writeSecret(file, value);
	return { value, isNew: true };
}

/** Whole or not at all, and never readable by others, not even for a moment. */
async function writeSecret(file: string, secret: string): Promise<void> {
	const draft = `${file}.new`;
	await rm(draft, { force: true });
	const handle = await open(draft, "wx", 0o600);
	try {
		await handle.writeFile(`${secret}\n`);
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(draft, file);
}
