import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";

/** "molecart" in ASCII, and one more than the lock of the migrations. */
const LOCK = "0x6d6f6c6563617275";

/** Without a broker events travel inside one process: a second one on the same database would miss them. */
export class SecondProcessError extends Error {
	override readonly name = "SecondProcessError";

	constructor() {
		super(
			"Another Molecart process works on this database. Without AMQP_URL there is one process for a database: " +
				"stop the other one, or set AMQP_URL for both.",
		);
	}
}

/** The right to be the only process on a database. */
export interface OnlyProcess {
	release(): Promise<void>;
}

/** A server that is back may still believe in our old connection for a while. */
const RETAKE_MS_MAX = 15_000;
const RETAKE_PAUSE_MS = 250;

/**
 * Takes that right; it ends with this process, however it ends. When the database goes away and comes back, the right
 * is taken again: nobody can work on it meanwhile.
 * @param onLost somebody else has it now
 * @throws {SecondProcessError}
 */
export async function becomeOnlyProcess(databaseUrl: string, onLost: (reason: string) => void): Promise<OnlyProcess> {
	let released = false;
	let held: pg.Client | undefined;

	const take = async (): Promise<void> => {
		const client = await lock(databaseUrl, (broken) => {
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
async function lock(databaseUrl: string, onBroken: (client: pg.Client) => void): Promise<pg.Client> {
	const client = new pg.Client({
		connectionString: databaseUrl,
		application_name: "molecart only process",
		keepAlive: true,
		connectionTimeoutMillis: 3_000,
	});
	client.on("error", () => onBroken(client));
	await client.connect();
	const { rows } = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${BigInt(LOCK)}) AS taken`);
	if (rows[0]!.taken) return client;
	await client.end();
	throw new SecondProcessError();
}
