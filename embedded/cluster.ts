import { randomUUID } from "node:crypto";
import { chown, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import type { Account } from "./account";
import type { Binaries } from "./binaries";
import { EmbeddedPostgresError, isCode } from "./failure";
import { run } from "./launch";
import type { Place } from "./place";

export const superuser = "molecart";

/** initdb takes 1 to 2 s; a machine that is busy or has a slow disk gets a hundred times that. */
const initdbMsMax = 180_000;

/**
 * With no locale at all, lower('É') stays 'É' and pg_trgm finds nothing outside ASCII. C.UTF-8 sorts by code point and
 * never changes with the system's libraries, but older systems lack it; the last choice needs nothing of the system.
 */
export const localesByPreference: readonly (readonly string[])[] = [
	["--locale=C.UTF-8"],
	["--locale=C", "--lc-ctype=en_US.UTF-8"],
	["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
];

export interface ClusterOptions {
	readonly binaries: Binaries;
	readonly account: Account | undefined;
	readonly password: string;
	readonly locales?: readonly (readonly string[])[];
}

export async function clusterExists({ cluster }: Place): Promise<boolean> {
	try {
		await stat(path.join(cluster, "PG_VERSION"));
		return true;
	} catch (error) {
		if (isCode(error, "ENOENT")) return false;
		throw error;
	}
}

/**
 * Makes the cluster in a draft beside its place and renames it when all of it is on the disk: whatever kills this on the
 * way leaves a draft, which the next start removes, and never half a database.
 */
export async function createCluster(place: Place, options: ClusterOptions): Promise<void> {
	await discardDrafts(place);
	try {
		const data = await draftCluster(place, options);
		await rename(data, place.cluster);
		await persistNames(place.parent);
	} finally {
		await discardDrafts(place);
	}
}

async function draftCluster(place: Place, options: ClusterOptions): Promise<string> {
	const draft = `${place.cluster}.draft-${randomUUID()}`;
	const { account, password } = options;
	const data = path.join(draft, "data");
	// initdb reads the password from a file, as the account that it runs as; the draft is closed to all others.
	const passwordFile = path.join(draft, "password");
	await mkdir(data, { recursive: true, mode: 0o700 });
	await writeFile(passwordFile, password, { mode: 0o600 });
	if (account) await Promise.all([draft, passwordFile, data].map((it) => chown(it, account.uid, account.gid)));

	await initdb(data, passwordFile, place, options);
	// Passwords for everyone, on this address alone; initdb's own list trusts more than we serve.
	await writeDurably(path.join(data, "pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
	return data;
}

async function initdb(data: string, passwordFile: string, place: Place, options: ClusterOptions): Promise<void> {
	const { binaries, account, locales = localesByPreference } = options;
	const args = [
		"-D",
		place.seenByServer(data),
		"-U",
		superuser,
		"-E",
		"UTF8",
		"--lc-messages=C",
		"-A",
		"scram-sha-256",
	];
	// The server's directory is the data; from there the password lies one up, for an account that sees no more than that.
	args.push(`--pwfile=${path.relative(data, passwordFile)}`);
	let output = "";
	for (const locale of locales) {
		const how = { account, cwd: data, deathSignal: "KILL", limitMs: initdbMsMax } as const;
		const outcome = await run(binaries.initdb, [...args, ...locale], how);
		if (outcome.code === 0) return;
		output = outcome.output;
		if (!/locale/.test(output)) break;
	}
	throw new EmbeddedPostgresError(`initdb could not make a database in ${place.cluster}. Its last words:\n${output}`);
}

async function discardDrafts({ parent, cluster }: Place): Promise<void> {
	const drafts = (await readdir(parent)).filter((name) => name.startsWith(`${path.basename(cluster)}.draft-`));
	// An initdb that outlived its Molecart may still be writing there: then removing takes more than one pass.
	const removal = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 };
	await Promise.all(drafts.map((name) => rm(path.join(parent, name), removal)));
}

/** A password that the server doesn't know (its file was lost) is told to it without a password: PostgreSQL alone, no port. */
export async function resetPassword(place: Place, { binaries, account, password }: ClusterOptions): Promise<void> {
	const args = ["--single", "-D", place.seenByServer(place.cluster), "postgres"];
	const input = `ALTER ROLE ${superuser} PASSWORD '${password}'\n`;
	const how = { account, cwd: place.cluster, deathSignal: "INT", input, limitMs: initdbMsMax } as const;
	const { code, output } = await run(binaries.postgres, args, how);
	if (code === 0) return;
	throw new EmbeddedPostgresError(
		`PostgreSQL could not take its new password in ${place.cluster}. Its last words:\n${output}`,
	);
}

async function writeDurably(file: string, text: string): Promise<void> {
	const handle = await open(file, "w");
	try {
		await handle.writeFile(text);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** A rename is on the disk when its directory is. Windows can't open one, and needs no such thing. */
async function persistNames(folder: string): Promise<void> {
	if (process.platform === "win32") return;
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
