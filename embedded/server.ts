import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

import type { Account } from "./account";
import type { Binaries } from "./binaries";
import { EmbeddedPostgresError } from "./failure";
import { launch } from "./launch";
import { serverState, stopServer } from "./leftover";
import type { Place } from "./place";
import { openServerLog, type ServerLog } from "./server-log";
import { serverSettings } from "./server-settings";
import { becomesTrue } from "./waiting";

/** Recovery after a crash replays at most a gigabyte of log: 0.1 s as a rule, a minute on a slow disk. */
const readyMsMax = 120_000;
/** After a kill -9 of the server alone, its children hold the data until they notice, within a second or so. */
const childrenGoneMsMax = 15_000;
const portsMax = 10;
const retryPauseMs = 100;

export interface Server {
	readonly port: number;
	readonly exited: Promise<string>;
	stop(): Promise<void>;
}

export interface ServerOptions {
	readonly binaries: Binaries;
	readonly account: Account | undefined;
	readonly logFile: string;
	/** The number in a stale postmaster.pid that belongs to another process now. */
	readonly stalePid: number | undefined;
}

/** Starts the server and waits until it answers. Tries again where a moment's patience or another port is all it takes. */
export async function startServer(place: Place, options: ServerOptions): Promise<Server> {
	const log = await openServerLog(options.logFile);
	try {
		const deadline = Date.now() + childrenGoneMsMax;
		for (let portsTried = 1; ; portsTried++) {
			const port = await freePort();
			await log.mark();
			const child = await spawnServer(place, port, log, options);
			if (await isReady(child, place)) return serve(child, port, log, options);
			await stopProcess(child, options);
			const lastWords = await log.tail();
			const portWasTaken = /could not create any TCP\/IP sockets/.test(lastWords) && portsTried < portsMax;
			const childrenLive = /pre-existing shared memory block/.test(lastWords) && Date.now() < deadline;
			if (!portWasTaken && !childrenLive) throw didNotStart(place, child, log, lastWords);
			await pause(retryPauseMs);
		}
	} catch (error) {
		await log.close();
		throw error;
	}
}

function didNotStart(
	{ cluster }: Place,
	child: ChildProcess,
	log: ServerLog,
	lastWords: string,
): EmbeddedPostgresError {
	const how = `PostgreSQL did not start on ${cluster} (${howItEnded(child)})`;
	return new EmbeddedPostgresError(`${how}. The end of its log, ${log.path}:\n${lastWords}`);
}

async function spawnServer(
	place: Place,
	port: number,
	log: ServerLog,
	{ binaries, account, stalePid }: ServerOptions,
): Promise<ChildProcess> {
	const settings = Object.entries(serverSettings(port)).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
	const child = await launch(binaries.postgres, ["-D", place.seenByServer(place.cluster), ...settings], {
		account,
		cwd: place.cluster,
		deathSignal: "INT",
		// pg_ctl's own way to say "that pid is no server": the file is then judged by the shared memory that it names, which
		// is safer than removing it, since children of a killed server may still be at work there.
		env: stalePid == null ? undefined : { PG_GRANDPARENT_PID: String(stalePid) },
		stdio: ["ignore", log.fd, log.fd],
	});
	await once(child, "spawn");
	return child;
}

function hasEnded(child: ChildProcess): boolean {
	return child.exitCode != null || child.signalCode != null;
}

async function isReady(child: ChildProcess, { cluster }: Place): Promise<boolean> {
	let ready = false;
	await becomesTrue(
		async () => {
			const seen = await serverState(cluster);
			ready = seen?.pid === child.pid && seen?.state === "ready";
			return ready || hasEnded(child);
		},
		{ withinMs: readyMsMax, everyMs: 5 },
	);
	return ready;
}

function serve(child: ChildProcess, port: number, log: ServerLog, options: ServerOptions): Server {
	let stopping: Promise<void> | undefined;
	// The database is there for the process, and doesn't keep it alive.
	child.unref();
	const atExit = (): void => void child.kill("SIGINT");
	process.once("exit", atExit);
	const exited = new Promise<string>((resolve) => {
		child.once("exit", () => {
			if (!stopping) resolve(`PostgreSQL ended by itself (${howItEnded(child)}); its log is ${log.path}`);
		});
	});
	const stop = async (): Promise<void> => {
		child.ref();
		await stopProcess(child, options);
		process.off("exit", atExit);
		await log.close();
	};
	return { port, exited, stop: () => (stopping ??= stop()) };
}

async function stopProcess(child: ChildProcess, { binaries }: ServerOptions): Promise<void> {
	if (hasEnded(child)) return;
	const isGone = (): boolean => hasEnded(child);
	if (await stopServer(child.pid!, { pgCtl: binaries.pgCtl, isGone })) return;
	throw new EmbeddedPostgresError(`PostgreSQL (process ${child.pid}) can't be stopped.`);
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string {
	return signalCode ? `signal ${signalCode}` : `exit code ${exitCode ?? "unknown"}`;
}

/** Free a moment ago: whoever is faster costs us another try. */
async function freePort(): Promise<number> {
	const probe = createServer().listen(0, "127.0.0.1");
	await once(probe, "listening");
	const { port } = probe.address() as AddressInfo;
	probe.close();
	await once(probe, "close");
	return port;
}
