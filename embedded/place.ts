import { createHash } from "node:crypto";
import { chown, mkdir, mkdtemp, readdir, readFile, rename, rmdir, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Account } from "./account";
import { EmbeddedPostgresError, isCode } from "./failure";
import { run } from "./launch";
import type { Surroundings } from "./surroundings";

/** One folder for each major version: another one can't read it. */
const clusterName = "pg18";
const pointerName = `${clusterName}.location.txt`;

export interface Place {
	/** The folder that holds the cluster, and its drafts while it is made. */
	readonly parent: string;
	/** The data itself, as we reach it. */
	readonly cluster: string;
	/** A folder in `parent`, as PostgreSQL's account reaches it when started with that folder as its working directory. */
	seenByServer(folder: string): string;
}

/**
 * The data lives in DATA_DIR, also when PostgreSQL's account may not enter it (root's own home, mode 0700): the server is
 * then started inside the folder and calls it by its working directory. Only where the system has no such name does the
 * data live in a shared folder, named after DATA_DIR's path, and a pointer in DATA_DIR says where.
 */
export async function choosePlace(
	dataDir: string,
	{
		account,
		surroundings,
		log,
	}: { account: Account | undefined; surroundings: Surroundings; log: (line: string) => void },
): Promise<Place> {
	const pointed = await readPointer(dataDir);
	if (pointed) {
		log(`The database of ${dataDir} is in ${pointed}`);
		return directly(pointed);
	}
	if (!account) return directly(dataDir);
	const probe = await mkdtemp(path.join(dataDir, "probe-"));
	try {
		await giveTo(account, probe);
		if (await canUse(probe, account)) return directly(dataDir);
		const { workingDirectory } = surroundings;
		if (workingDirectory && (await canUse(workingDirectory, account, probe))) {
			return { ...directly(dataDir), seenByServer: () => workingDirectory };
		}
	} finally {
		await rmdir(probe);
	}
	return elsewhere(dataDir, { account, surroundings, log });
}

export function clusterIn(dataDir: string): string {
	return path.join(dataDir, clusterName);
}

function directly(parent: string): Place {
	return { parent, cluster: clusterIn(parent), seenByServer: (folder) => folder };
}

/** A container may keep root from being anybody else. */
async function giveTo(account: Account, folder: string): Promise<void> {
	try {
		await chown(folder, account.uid, account.gid);
	} catch (error) {
		throw new EmbeddedPostgresError(
			`PostgreSQL refuses to run as root, and here root can't give it ${folder} as ${account.name}. ` +
				"Start as another user, or set DATABASE_URL to a PostgreSQL server.",
			{ cause: error },
		);
	}
}

/** Asks the system instead of reading modes: access lists and security modules have their say too. */
async function canUse(folder: string, account: Account, cwd = "/"): Promise<boolean> {
	const outcome = await run("/bin/sh", ["-c", 'test -w "$1" && test -x "$1"', "sh", folder], { account, cwd });
	return outcome.code === 0;
}

async function elsewhere(
	dataDir: string,
	{ account, surroundings, log }: { account: Account; surroundings: Surroundings; log: (line: string) => void },
): Promise<Place> {
	const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
	const parent = path.join(surroundings.sharedFolder, `data-${name}`);
	await mkdir(parent, { recursive: true, mode: 0o755 });
	await setAside(parent, log);
	// The pointer first: data without a pointer is then data whose DATA_DIR was removed.
	const pointer = path.join(dataDir, pointerName);
	await writeFile(`${pointer}.new`, `${parent}\n`, { mode: 0o644 });
	await rename(`${pointer}.new`, pointer);
	log(`${account.name} can't reach ${dataDir}, so its database is in ${parent}; ${pointer} says so too`);
	return directly(parent);
}

/** Someone who removed DATA_DIR wants a new shop, and may still want the old data back. */
async function setAside(parent: string, log: (line: string) => void): Promise<void> {
	if ((await readdir(parent)).length === 0) return;
	const aside = `${parent}.removed-${new Date().toISOString().replaceAll(":", "-")}`;
	await rename(parent, aside);
	await mkdir(parent, { mode: 0o755 });
	log(`The data of an earlier, removed data directory of the same name was set aside in ${aside}`);
}

async function readPointer(dataDir: string): Promise<string | undefined> {
	try {
		return (await readFile(path.join(dataDir, pointerName), "utf8")).trim() || undefined;
	} catch (error) {
		if (isCode(error, "ENOENT")) return undefined;
		throw error;
	}
}
