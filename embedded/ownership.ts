import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";

import { EmbeddedPostgresError, isCode } from "./failure";
import { type Life, isLiving, thisLife } from "./life";
import { becomesTrue } from "./waiting";

/*
 * One Molecart for one data directory. Node has no lock that dies with its process, so the claim is a numbered folder with
 * the owner's life in it: owner/1, owner/2, … The highest number owns. A claim is made by renaming a finished folder to
 * the next number: the file system lets exactly one process do that, on every platform. A dead owner's claim is never
 * removed first, it is outnumbered, so two starts that both see it dead can't both win. A number never comes back.
 */

const claimFile = "owner.json";
const beatMs = 2_000;
/** An owner in another container can't be seen, only its heartbeat; so long a silence means that it is gone. */
const silenceMs = 15_000;
const attemptsMax = 50;

type Claim = Life | "released";

export interface Ownership {
	release(): Promise<void>;
}

/** Refuses with a sentence while a living process owns this directory. */
export async function takeOwnership(dataDir: string): Promise<Ownership> {
	const folder = path.join(dataDir, "owner");
	await mkdir(folder, { recursive: true, mode: 0o755 });
	const life = await thisLife();
	for (let attempt = 0; attempt < attemptsMax; attempt++) {
		const newest = await newestNumber(folder);
		const owner = await ownerOf(folder, newest, life.machine);
		if (owner) throw inUse(dataDir, owner);
		if (await claim(folder, newest + 1, life)) {
			// A start that looked away for long may have won a number that was already outnumbered.
			if ((await newestNumber(folder)) === newest + 1) return hold(folder, newest + 1);
			await discard(folder, newest + 1);
		}
	}
	throw new EmbeddedPostgresError(`Too many starts at once on the data in ${dataDir}. Start again, one at a time.`);
}

async function newestNumber(folder: string): Promise<number> {
	const names = await readdir(folder);
	return Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number));
}

async function ownerOf(folder: string, number: number, machine: string): Promise<Life | undefined> {
	const claim = await readClaim(folder, number);
	if (claim === "released") return undefined;
	if (claim.machine === machine) return (await isLiving(claim)) ? claim : undefined;
	return (await fallsSilent(folder, number)) ? undefined : claim;
}

/** A claim that is gone or unreadable belongs to nobody: it was whole before it got its number. */
async function readClaim(folder: string, number: number): Promise<Claim> {
	try {
		return JSON.parse(await readFile(path.join(folder, String(number), claimFile), "utf8")) as Claim;
	} catch {
		return "released";
	}
}

async function fallsSilent(folder: string, number: number): Promise<boolean> {
	const lastBeat = async (): Promise<number> => {
		const found = await stat(path.join(folder, String(number), claimFile)).catch(() => undefined);
		return found?.mtimeMs ?? 0;
	};
	const seen = await lastBeat();
	let beats = false;
	// Whichever comes first: another beat, or silence for long enough.
	await becomesTrue(
		async () => {
			beats = (await lastBeat()) !== seen;
			return beats || Date.now() - seen > silenceMs;
		},
		{ withinMs: silenceMs, everyMs: 200 },
	);
	return !beats;
}

async function claim(folder: string, number: number, content: Claim): Promise<boolean> {
	const draft = path.join(folder, `draft-${randomUUID()}`);
	await mkdir(draft, { mode: 0o755 });
	await writeFile(path.join(draft, claimFile), JSON.stringify(content), { mode: 0o644 });
	try {
		await rename(draft, path.join(folder, String(number)));
		return true;
	} catch (error) {
		await rm(draft, { recursive: true, force: true });
		if (isCode(error, "ENOTEMPTY", "EEXIST", "EPERM", "EACCES")) return false;
		throw error;
	}
}

async function hold(folder: string, number: number): Promise<Ownership> {
	const file = path.join(folder, String(number), claimFile);
	await discardOthers(folder, number);
	const heart = setInterval(() => {
		const now = new Date();
		utimes(file, now, now).catch(() => undefined);
	}, beatMs).unref();
	return {
		async release() {
			clearInterval(heart);
			// Renamed into place, so that nobody reads half of it. A data directory that is gone needs no release.
			await writeFile(`${file}.new`, JSON.stringify("released")).catch(() => undefined);
			await rename(`${file}.new`, file).catch(() => undefined);
		},
	};
}

/** What another user left behind and we may not remove does no harm: it is outnumbered. */
async function discardOthers(folder: string, number: number): Promise<void> {
	const names = await readdir(folder);
	const older = names.filter((name) => /^\d+$/.test(name) && Number(name) < number);
	await Promise.all(older.map((name) => discard(folder, name)));
}

async function discard(folder: string, name: string | number): Promise<void> {
	await rm(path.join(folder, String(name)), { recursive: true, force: true }).catch(() => undefined);
}

function inUse(dataDir: string, { pid, machine }: Life): EmbeddedPostgresError {
	return new EmbeddedPostgresError(
		`Another Molecart (process ${pid} on ${machine.split(" ")[0]}) is running on the data in ${dataDir}. ` +
			"Stop it first, or give this one a DATA_DIR of its own.",
	);
}
