import { mkdir, realpath } from "node:fs/promises";
import path from "node:path";

import { type Account, chooseAccount } from "./account";
import { type Binaries, runnableBinaries } from "./binaries";
import { clusterExists, createCluster, resetPassword, superuser } from "./cluster";
import { database, ensureDatabase } from "./database";
import { EmbeddedPostgresError, isCode } from "./failure";
import { stopLeftover } from "./leftover";
import { type Ownership, takeOwnership } from "./ownership";
import { ownPassword } from "./password";
import { choosePlace, clusterIn, type Place } from "./place";
import { type Server, startServer } from "./server";
import { type Surroundings, thisMachine } from "./surroundings";

export interface EmbeddedPostgres {
	/** postgres://molecart:PASSWORD@127.0.0.1:PORT/molecart */
	readonly url: string;
	/** The database was made by this start. */
	readonly firstStart: boolean;
	/** Ends the server, within half a minute at the worst. Safe to call twice. */
	stop(): Promise<void>;
	/** Resolves if the server ends by itself, with its exit reason. */
	readonly exited: Promise<string>;
}

export interface EmbeddedPostgresOptions {
	readonly dataDir: string;
	readonly log?: (line: string) => void;
}

/**
 * The PostgreSQL that `npm start` brings along: one server for one data directory, owned by this process. A second start
 * on the same data is refused while this one lives. Every error is an EmbeddedPostgresError with a sentence for the user.
 */
export async function startEmbeddedPostgres(
	{ dataDir, log = () => undefined }: EmbeddedPostgresOptions,
	surroundings: Surroundings = thisMachine,
): Promise<EmbeddedPostgres> {
	const shipped = surroundings.shipped();
	const folder = await openDataDir(dataDir);
	const held: Ownership[] = [];
	const release = async (): Promise<void> => void (await Promise.all(held.map((ownership) => ownership.release())));
	try {
		held.push(await takeOwnership(folder));
		const account = await chooseAccount(clusterIn(folder));
		const place = await choosePlace(folder, { account, surroundings, log });
		// Data outside of its data directory is owned there as well: a copied DATA_DIR points at the same data.
		if (place.parent !== folder) held.push(await takeOwnership(place.parent));
		const copyTo = account
			? [folder, surroundings.sharedFolder, surroundings.temporaryFolder]
			: [folder, surroundings.temporaryFolder];
		const binaries = await runnableBinaries(shipped, { account, copyTo, log });
		return await open(folder, { place, account, binaries, log, release });
	} catch (error) {
		await release();
		throw asSentence(error, folder);
	}
}

interface Opening {
	readonly place: Place;
	readonly account: Account | undefined;
	readonly binaries: Binaries;
	readonly log: (line: string) => void;
	readonly release: () => Promise<void>;
}

async function open(dataDir: string, { place, account, binaries, log, release }: Opening): Promise<EmbeddedPostgres> {
	const stalePid = await stopLeftover(place.cluster, { pgCtl: binaries.pgCtl, log });
	const password = await ownPassword(dataDir);
	const cluster = { binaries, account, password: password.value };
	if (!(await clusterExists(place))) {
		log(`Making a PostgreSQL database in ${place.cluster}, once`);
		await createCluster(place, cluster);
	} else if (password.isNew) {
		log(`The database in ${place.cluster} gets a new password, because the file with the old one is gone`);
		await resetPassword(place, cluster);
	}
	const logFile = path.join(dataDir, "postgres.log");
	const server = await startServer(place, { binaries, account, logFile, stalePid });
	const urlOf = (name: string): string => `postgres://${superuser}:${password.value}@127.0.0.1:${server.port}/${name}`;
	const firstStart = await ensureDatabase(urlOf).catch(async (error: unknown) => {
		await server.stop();
		throw error;
	});
	return { url: urlOf(database), firstStart, exited: server.exited, stop: once(server, release) };
}

function once(server: Server, release: () => Promise<void>): () => Promise<void> {
	let stopped: Promise<void> | undefined;
	return () => (stopped ??= server.stop().then(release));
}

/** The path without symbolic links, so that every way to write it is the same directory. */
async function openDataDir(dataDir: string): Promise<string> {
	try {
		await mkdir(dataDir, { recursive: true, mode: 0o755 });
		return await realpath(dataDir);
	} catch (error) {
		throw asSentence(error, path.resolve(dataDir));
	}
}

function asSentence(error: unknown, dataDir: string): EmbeddedPostgresError {
	if (error instanceof EmbeddedPostgresError) return error;
	const message = (error as { message?: string } | undefined)?.message ?? String(error);
	const advice = isCode(error, "EACCES", "EPERM", "EROFS")
		? "Start as the user who owns that folder, or set DATA_DIR to a folder of your own"
		: "Set DATA_DIR to another folder, or DATABASE_URL to a PostgreSQL server";
	return new EmbeddedPostgresError(
		`The embedded PostgreSQL could not start on the data in ${dataDir}: ${message}. ${advice}.`,
		{
			cause: error,
		},
	);
}
