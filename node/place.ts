import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { clientConfig } from "../mixins/database/client-config";

/** "molecart" in ASCII, and one more than the lock of the migrations. */
const LOCK = "0x6d6f6c6563617275";

/**
 * Without a broker events travel inside one process: a second one on the same database would miss them, and would take
 * those of a cluster where nobody in the cluster looks for them.
 */
export class SecondProcessError extends Error {
	override readonly name = "SecondProcessError";

	constructor() {
		super(
			"Another Molecart process works on this database. Without AMQP_URL there is one process for a database: " +
				"stop the other one, or set AMQP_URL for both.",
		);
	}
}

/** The right to work on a database: as its only process, or as one of several that a broker connects. */
export interface Place {
	release(): Promise<void>;
}

/** A server that is back may still believe in our old connection for a while. */
const RETAKE_MS_MAX = 15_000;
const RETAKE_PAUSE_MS = 250;

/**
 * Takes a place; it ends with this process, however it ends. When the database goes away and comes back, it is taken
 * again: nobody can work on it meanwhile.
 * @param alone nobody else may have a place there
 * @param onLost somebody else is there who can't be there beside this process
 * @throws {SecondProcessError}
 */
export async function takePlace(databaseUrl: string, alone: boolean, onLost: (reason: string) => void): Promise<Place> {
	let released = false;
	let held: pg.Client | undefined;

	const take = async (): Promise<void> => {
		const client = await lock(databaseUrl, alone, (broken) => {
			if (released || held !== broken) return;
			held = undefined;
			void retake();
		});
		held = client;
		if (released) await client.end();
	};

	const retake = async (): Promise<void> => {
		let refusedSince: number | undefined;
		while (!released && !held) {
			try {
				await take();
				return;
			} catch (error) {
				const now = performance.now();
				if (error instanceof SecondProcessError) refusedSince ??= now;
				else refusedSince = undefined;
				if (refusedSince !== undefined && now - refusedSince > RETAKE_MS_MAX) {
					released = true;
					onLost((error as Error).message);
				}
				await pause(RETAKE_PAUSE_MS);
			}
		}
	};

	await take();
	return {
		async release() {
			released = true;
			await held?.end();
		},
	};
}

/** @throws {SecondProcessError} */
async function lock(databaseUrl: string, alone: boolean, onBroken: (client: pg.Client) => void): Promise<pg.Client> {
	const client = new pg.Client({
		...clientConfig(databaseUrl),
		application_name: "molecart place",
		keepAlive: true,
		connectionTimeoutMillis: 3_000,
	});
	client.on("error", () => onBroken(client));
	await client.connect();
	const tryLock = alone ? "pg_try_advisory_lock" : "pg_try_advisory_lock_shared";
	const { rows } = await client.query<{ taken: boolean }>(`SELECT ${tryLock}(${BigInt(LOCK)}) AS taken`);
	if (rows[0]!.taken) return client;
	await client.end();
	throw new SecondProcessError();
}
