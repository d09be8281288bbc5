import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import path from "node:path";

import { run } from "./launch";

/** A pid is soon given to another process; with the time of its start it means one process for ever. */
export interface Life {
	readonly pid: number;
	readonly startedAt: string;
	/** The host and, on Linux, the pid namespace: in another container the same pid is somebody else. */
	readonly machine: string;
}

export async function thisLife(): Promise<Life> {
	const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
	const startedAt = (await startOf(process.pid)) ?? "";
	return { pid: process.pid, startedAt, machine: `${hostname()} ${namespace}`.trim() };
}

/** Only for a life on this machine. Where a start time can't be had, a living pid counts as the same process. */
export async function isLiving({ pid, startedAt }: Life): Promise<boolean> {
	if (!isRunning(pid)) return false;
	const current = await startOf(pid);
	return process.platform === "linux" ? current === startedAt : current == null || current === startedAt;
}

export function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

/** Undefined for a process that is gone, a zombie included. */
async function startOf(pid: number): Promise<string | undefined> {
	if (process.platform === "win32") return powershell(`(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`);
	if (process.platform !== "linux") return ps(pid, "lstart=");
	try {
		// The name in brackets may hold anything, brackets and blanks too: fields count from its end.
		const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ").at(-1)!.split(" ");
		const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
		return fields[0] === "Z" ? undefined : `${boot.trim()}:${fields[19]}`;
	} catch {
		return undefined;
	}
}

/** Is this process a PostgreSQL server on this data directory? When in doubt it is not. */
export async function isServerOn(pid: number, cluster: string): Promise<boolean> {
	if (process.platform !== "linux") {
		const command = process.platform === "win32" ? await windowsCommand(pid) : await ps(pid, "command=");
		return command != null && command.includes("postgres") && command.includes(cluster);
	}
	const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
	const [program = "", ...args] = command.split("\0");
	if (path.basename(program) !== "postgres") return false;
	// The server's working directory is its data: true even if the folder was renamed under it, and for any spelling of -D.
	const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
	return cwd == null ? args[args.indexOf("-D") + 1] === cluster : cwd === cluster;
}

async function windowsCommand(pid: number): Promise<string | undefined> {
	return powershell(`(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`);
}

async function powershell(expression: string): Promise<string | undefined> {
	return printed("powershell", ["-NoProfile", "-NonInteractive", "-Command", expression]);
}

async function ps(pid: number, column: string): Promise<string | undefined> {
	return printed("ps", ["-ww", "-p", String(pid), "-o", column]);
}

async function printed(program: string, args: string[]): Promise<string | undefined> {
	const outcome = await run(program, args, { env: { LC_ALL: "C" } }).catch(() => undefined);
	return outcome?.code === 0 && outcome.output !== "" ? outcome.output : undefined;
}
