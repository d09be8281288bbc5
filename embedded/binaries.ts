import { randomUUID } from "node:crypto";
import { chmod, cp, lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

import type { Account } from "./account";
import { EmbeddedPostgresError, isCode } from "./failure";
import { type Outcome, run } from "./launch";
import { linkLibraries } from "./library-links";
import type { PlatformPackage } from "./platform-package";

export interface Binaries {
	readonly initdb: string;
	readonly postgres: string;
	readonly pgCtl: string;
}

/**
 * The programs, where the account can run them: as npm installed them, or else a copy in the first of these folders that
 * serves. A copy is needed below a home that the account may not enter, in a node_modules that is read-only or somebody
 * else's and lacks the library links, and on a disk mounted noexec.
 */
export async function runnableBinaries(
	{ native, version }: PlatformPackage,
	{ account, copyTo, log }: { account: Account | undefined; copyTo: readonly string[]; log: (line: string) => void },
): Promise<Binaries> {
	const installed = binariesIn(native);
	let refusal = (await linkLibraries(native)) ? await refusalOf(installed, account) : "its library links can't be made";
	if (refusal == null) return installed;
	for (const folder of copyTo) {
		const copy = path.join(folder, `postgres-${version}`);
		const made = await ownCopy(native, copy, account).catch((error: Error) => error.message);
		if (typeof made !== "string") {
			log(`PostgreSQL runs from a copy in ${copy}, because the installed one is of no use to ${account?.name ?? "us"}`);
			return made;
		}
		refusal += `\n${copy}: ${made}`;
	}
	throw new EmbeddedPostgresError(
		`The embedded PostgreSQL in ${native} doesn't run here; it needs a Linux with glibc (not musl, so not Alpine), macOS or ` +
			`Windows, and a folder that ${account?.name ?? "this user"} can read and run programs in. ` +
			`Set DATABASE_URL to a PostgreSQL server instead. What was tried: ${refusal}`,
	);
}

function binariesIn(native: string): Binaries {
	const program = (name: string): string =>
		path.join(native, "bin", process.platform === "win32" ? `${name}.exe` : name);
	return { initdb: program("initdb"), postgres: program("postgres"), pgCtl: program("pg_ctl") };
}

/** Why the account can't run these, or undefined if it can. `postgres` needs every library, `initdb` its file mode. */
async function refusalOf({ postgres, initdb }: Binaries, account: Account | undefined): Promise<string | undefined> {
	for (const program of [postgres, initdb]) {
		const outcome: Outcome = await run(program, ["--version"], { account, cwd: path.parse(program).root }).catch(
			(error: Error) => ({ code: null, output: error.message }),
		);
		if (outcome.code !== 0) return outcome.output || `${program} ended with ${outcome.code ?? "a signal"}`;
	}
	return undefined;
}

/** The copy, made or mended where needed; or why there is none. */
async function ownCopy(native: string, copy: string, account: Account | undefined): Promise<Binaries | string> {
	await mkdir(path.dirname(copy), { recursive: true, mode: 0o755 });
	const writable = 0o022;
	// Whoever may write there may choose what we run: a folder made by somebody else in /tmp is not used.
	const { uid, mode } = await lstat(path.dirname(copy));
	if (process.getuid && (uid !== process.getuid() || mode & writable)) return "others may write there";

	const refusal = await refusalOf(binariesIn(copy), account);
	if (refusal == null) return binariesIn(copy);
	const draft = `${copy}.${randomUUID()}`;
	try {
		await cp(native, draft, { recursive: true, filter: (file) => !file.endsWith(".a"), verbatimSymlinks: true });
		await openToAll(draft);
		await linkLibraries(draft);
		await rename(copy, `${draft}.old`).catch(() => undefined);
		await rename(draft, copy).catch((error: unknown) => {
			// Another start made the same copy meanwhile.
			if (!isCode(error, "ENOTEMPTY", "EEXIST", "EPERM")) throw error;
		});
	} finally {
		await rm(draft, { recursive: true, force: true });
		await rm(`${draft}.old`, { recursive: true, force: true });
	}
	return (await refusalOf(binariesIn(copy), account)) ?? binariesIn(copy);
}

/** Our umask, or the original's modes, may hide the copy from the account. */
async function openToAll(folder: string): Promise<void> {
	await chmod(folder, 0o755);
	const entries = await readdir(folder, { withFileTypes: true });
	const isBin = path.basename(folder) === "bin";
	await Promise.all(
		entries.map(async (entry) => {
			const file = path.join(folder, entry.name);
			if (entry.isDirectory()) await openToAll(file);
			else if (entry.isFile()) await chmod(file, isBin ? 0o755 : 0o644);
		}),
	);
}
