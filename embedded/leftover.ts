import { readFile } from "node:fs/promises";
import path from "node:path";

import type { Binaries } from "./binaries";
import { EmbeddedPostgresError, isCode } from "./failure";
import { run } from "./launch";
import { isRunning, isServerOn } from "./life";
import { becomesTrue } from "./waiting";

/** A fast shutdown writes a checkpoint; then without one (recovery does the rest at the next start); then the hard way. */
const patienceMs = { SIGINT: 20_000, SIGQUIT: 5_000, SIGKILL: 5_000 } as const;
export const stopSignals = Object.keys(patienceMs) as (keyof typeof patienceMs)[];

/**
 * A Molecart that was killed may leave its server behind. Call this only as the owner of the data: a server on it is then
 * nobody's, and is stopped. The answer is the pid in postmaster.pid if some unrelated process has that number by now:
 * PostgreSQL would take it for a living server and refuse to start.
 */
export async function stopLeftover(
	cluster: string,
	{ pgCtl, log }: { pgCtl: string; log: (line: string) => void },
): Promise<number | undefined> {
	const pid = await pidIn(cluster);
	if (pid == null || !isRunning(pid)) return undefined;
	if (!(await isServerOn(pid, cluster))) return pid;
	log(`Stopping the PostgreSQL (process ${pid}) that an earlier Molecart left running on ${cluster}`);
	if (await stopServer(pid, { pgCtl, isGone: async () => !(await isServerOn(pid, cluster)) })) return undefined;
	throw new EmbeddedPostgresError(
		`An earlier Molecart left PostgreSQL running on ${cluster}, and it can't be stopped. End process ${pid}, then start again.`,
	);
}

/** The first line of postmaster.pid; the eighth says how far the server has come. */
export async function serverState(cluster: string): Promise<{ pid: number; state: string } | undefined> {
	try {
		const lines = (await readFile(path.join(cluster, "postmaster.pid"), "utf8")).split("\n");
		return { pid: Number(lines[0]), state: (lines[7] ?? "").trim() };
	} catch (error) {
		if (isCode(error, "ENOENT")) return undefined;
		throw error;
	}
}

async function pidIn(cluster: string): Promise<number | undefined> {
	const pid = (await serverState(cluster))?.pid;
	return pid != null && Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

/** True when the server is gone, by its own shutdown or in the end by force. */
export async function stopServer(
	pid: number,
	{ pgCtl, isGone }: { pgCtl: Binaries["pgCtl"]; isGone: () => boolean | Promise<boolean> },
): Promise<boolean> {
	for (const signal of stopSignals) {
		await send(signal, pid, pgCtl);
		if (await becomesTrue(isGone, { withinMs: patienceMs[signal] })) return true;
	}
	return false;
}

async function send(signal: NodeJS.Signals, pid: number, pgCtl: string): Promise<void> {
	if (process.platform === "win32" && signal !== "SIGKILL") {
		// Windows has no signals; PostgreSQL brings its own.
		await run(pgCtl, ["kill", signal.slice("SIG".length), String(pid)]).catch(() => undefined);
		return;
	}
	try {
		process.kill(pid, signal);
	} catch (error) {
		// Gone already, which is what we want, or somebody else's, which the caller will see.
		if (!isCode(error, "ESRCH", "EPERM")) throw error;
	}
}
