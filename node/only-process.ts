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

/** The right to be the only process on a database, as long as its connection lasts. */
export interface OnlyProcess {
	release(): Promise<void>;
}

/**
 * Takes that right; it ends with this process, however it ends.
 * @param onLost the connection broke: somebody else may take it from now on
 * @throws {SecondProcessError}
 */
export async function becomeOnlyProcess(databaseUrl: string, onLost: (reason: string) => void): Promise<OnlyProcess> {
	const client = new pg.Client({
		connectionString: databaseUrl,
		application_name: "molecart only process",
		keepAlive: true,
	});
	let released = false;
	client.on("error", (error) => {
		// An ended connection is told twice: by the server's farewell, and by the end.
		if (!released) onLost(error.message);
		released = true;
	});
	await client.connect();
	const { rows } = await client.query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${BigInt(LOCK)}) AS taken`);
	if (!rows[0]!.taken) {
		await client.end();
		throw new SecondProcessError();
	}
	return {
		async release() {
			released = true;
			await client.end();
		},
	};
}
