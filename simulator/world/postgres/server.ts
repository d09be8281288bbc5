import { chown, cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { chooseAccount, type Account } from "../../../embedded/account";
import { runnableBinaries, type Binaries } from "../../../embedded/binaries";
import { launch, run } from "../../../embedded/launch";
import { thisMachine } from "../../../embedded/surroundings";
import { realPause } from "../clock";

/** A real PostgreSQL for one process of the simulator: whatever runs beside it has no part in its transactions. */
export interface PostgresServer {
	/** As its superuser. */
	urlOf(database: string): string;
	/** The folder of its data, which may be copied when it was stopped. */
	readonly folder: string;
	stop(): Promise<void>;
}

export const SUPERUSER = "postgres";

const FOLDER = "molecart-simulator-";

/** Nothing survives its end, and nothing goes by its own time. */
const SETTINGS: Readonly<Record<string, string>> = {
	listen_addresses: "",
	fsync: "off",
	synchronous_commit: "off",
	full_page_writes: "off",
	wal_level: "minimal",
	max_wal_senders: "0",
	autovacuum: "off",
	jit: "off",
	max_connections: "200",
	shared_buffers: "64MB",
	checkpoint_timeout: "1d",
	max_wal_size: "1GB",
	deadlock_timeout: "1h",
	TimeZone: "UTC",
	max_parallel_workers_per_gather: "0",
	// Otherwise the first five uses of a prepared statement are planned each by itself, and a connection has a memory.
	plan_cache_mode: "force_generic_plan",
	log_min_messages: "panic",
	logging_collector: "off",
	update_process_title: "off",
	track_activities: "off",
	track_counts: "off",
	"sim.now": "2026-06-15T12:00:00Z",
	"sim.clock": "2026-06-15T12:00:00Z",
};

interface Programs {
	binaries: Binaries;
	account: Account | undefined;
}

/**
 * Starts it on a memory disk, where there is one.
 * @param copyOf the folder of another one that was stopped; without it, an empty cluster is made
 */
export async function startPostgres(copyOf?: string): Promise<PostgresServer> {
	const parent = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
	await sweep(parent);
	const folder = await mkdtemp(path.join(parent, `${FOLDER}${process.pid}-`));
	const data = path.join(folder, "data");
	const account = await chooseAccount(data);
	const binaries = await runnableBinaries(thisMachine.shipped(), {
		account,
		copyTo: [folder],
		log: () => undefined,
	});
	if (account) await chown(folder, account.uid, account.gid);
	if (copyOf) await cp(path.join(copyOf, "data"), data, { recursive: true, preserveTimestamps: true });
	else await initialise(data, { binaries, account });
	if (copyOf && account) await own(data, account);
	return await serve(folder, { binaries, account });
}

/** What a killed simulator has left is nobody's. */
async function sweep(parent: string): Promise<void> {
	for (const name of await readdir(parent)) {
		const [, pid] = new RegExp(`^${FOLDER}(\\d+)-`).exec(name) ?? [];
		if (pid && !isAlive(Number(pid))) await rm(path.join(parent, name), { recursive: true, force: true });
	}
}

function isAlive(pid: number): boolean {
	try {
		return process.kill(pid, 0);
	} catch (error) {
		// EPERM: it is somebody else's.
		return (error as NodeJS.ErrnoException).code !== "ESRCH";
	}
}

async function initialise(data: string, { binaries, account }: Programs): Promise<void> {
	await mkdir(data, { mode: 0o700 });
	if (account) await chown(data, account.uid, account.gid);
	const args = ["-D", data, "-U", SUPERUSER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
	const outcome = await run(binaries.initdb, [...args, "--wal-segsize=1"], { account, cwd: data, limitMs: 60_000 });
	if (outcome.code !== 0) throw new Error(`initdb made no database for the simulator: ${outcome.output}`);
}

async function own(data: string, { uid, gid }: Account): Promise<void> {
	await run("chown", ["-R", `${uid}:${gid}`, data]);
}

async function serve(folder: string, { binaries, account }: Programs): Promise<PostgresServer> {
	const data = path.join(folder, "data");
	const settings = Object.entries({ ...SETTINGS, unix_socket_directories: folder });
	const args = ["-D", data, ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`])];
	// Immediate, should this process be killed: who waits for a lock is stopped, and could not be asked to leave.
	const child = await launch(binaries.postgres, args, { account, cwd: data, deathSignal: "QUIT", stdio: "ignore" });
	let hasEnded = false;
	const ended = new Promise<void>((resolve) => {
		child.once("exit", () => {
			hasEnded = true;
			resolve();
		});
	});
	const urlOf = (database: string): string =>
		`postgres://${SUPERUSER}@localhost/${database}?host=${encodeURIComponent(folder)}`;
	while (!(await answers(urlOf("postgres")))) {
		if (hasEnded) throw new Error(`PostgreSQL did not start on ${data}`);
		await realPause(10);
	}
	child.unref();
	return {
		folder,
		urlOf,
		async stop() {
			child.ref();
			// Fast: whoever is connected is sent away.
			child.kill("SIGINT");
			await ended;
			if (!copied.has(folder)) await rm(folder, { recursive: true, force: true });
		},
	};
}

const copied = new Set<string>();

/** Its data are to be copied: they outlive it. */
export function keepFolder({ folder }: PostgresServer): void {
	copied.add(folder);
}

async function answers(url: string): Promise<boolean> {
	const client = new pg.Client(url);
	client.on("error", () => undefined);
	try {
		await client.connect();
		await client.query("SELECT 1");
		return true;
	} catch {
		// It is starting still.
		return false;
	} finally {
		await client.end();
	}
}
