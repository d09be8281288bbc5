import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";

import type { Account } from "./account";

export interface Launch {
	readonly account?: Account | undefined;
	readonly cwd?: string | undefined;
	readonly env?: Readonly<Record<string, string>> | undefined;
	/** What the kernel sends the process when we die, where the kernel can (Linux). */
	readonly deathSignal?: "INT" | "QUIT" | "KILL" | undefined;
	readonly stdio: StdioOptions;
}

/** Starts a program as the given account, in a session of its own: a Ctrl-C in our terminal is not for it. */
export async function launch(program: string, args: readonly string[], how: Launch): Promise<ChildProcess> {
	const options = { cwd: how.cwd, env: plainEnvironment(how.env), stdio: how.stdio, detached: true, windowsHide: true };
	const guard = how.deathSignal && (await deathGuard(how.deathSignal, how.account));
	if (guard) return spawn("setpriv", [...guard, program, ...args], options);
	return spawn(program, args, { ...options, ...identity(how.account) });
}

export interface Outcome {
	readonly code: number | null;
	/** What it printed on both its outputs; the last 64 kB of it. */
	readonly output: string;
}

const outputCharsMax = 64 * 1024;

/** Runs a program to its end, which comes within the limit: then it is killed. Rejects if it can't be started at all. */
export async function run(
	program: string,
	args: readonly string[],
	how: Omit<Launch, "stdio"> & { input?: string; limitMs?: number } = {},
): Promise<Outcome> {
	const child = await launch(program, args, { ...how, stdio: "pipe" });
	const limit = setTimeout(() => child.kill("SIGKILL"), how.limitMs ?? 10_000);
	let output = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream?.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-outputCharsMax)));
	}
	// A program that ends without reading its input is judged by its exit code, not by our broken pipe.
	child.stdin?.on("error", () => undefined).end(how.input ?? "");
	try {
		const [code] = (await once(child, "close")) as [number | null];
		return { code, output: output.trim() };
	} finally {
		clearTimeout(limit);
	}
}

function identity(account: Account | undefined): { uid?: number; gid?: number } {
	return account ? { uid: account.uid, gid: account.gid } : {};
}

const guards = new Map<string, Promise<string[] | undefined>>();

/**
 * The arguments with which `setpriv` ties a program's life to ours, or undefined where it can't. It changes the account
 * itself: the kernel forgets the death signal when the user id changes afterwards.
 */
function deathGuard(signal: string, account: Account | undefined): Promise<string[] | undefined> {
	if (process.platform !== "linux") return Promise.resolve(undefined);
	const change = account ? [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"] : [];
	const args = [...change, "--pdeathsig", signal];
	const known =
		guards.get(args.join(" ")) ??
		run("setpriv", [...args, "true"]).then(
			({ code }) => (code === 0 ? args : undefined),
			() => undefined,
		);
	guards.set(args.join(" "), known);
	return known;
}

const passedOn = [
	"PATH",
	"LD_LIBRARY_PATH",
	"DYLD_LIBRARY_PATH",
	"TMPDIR",
	"TEMP",
	"TMP",
	"SystemRoot",
	"windir",
	"ComSpec",
];

/** Only what a program needs to run: our secrets are not for another account, and PGDATA or PGPORT not for this server. */
function plainEnvironment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
	const kept = passedOn.flatMap((name) => (process.env[name] == null ? [] : [[name, process.env[name]]]));
	return { ...(Object.fromEntries(kept) as Record<string, string>), TZ: "UTC", ...more };
}
