import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";

import { Client } from "pg";

import { becomesTrue } from "../waiting";

export interface ProcessOptions {
	readonly dataDir: string;
	/** Another installation of the platform package than our own. */
	readonly native?: string;
	/** Root may be somebody else. */
	readonly as?: { uid: number; gid: number };
}

export const isRoot = process.getuid?.() === 0;
export const nobody = { uid: 65534, gid: 65534 };

/** Below /tmp and not TMPDIR: the latter may be a folder that PostgreSQL's account can't enter. Removed with what is in it. */
export async function temporaryFolder(options: { mode?: number } = {}): Promise<AsyncDisposable & { path: string }> {
	const folder = await mkdtemp("/tmp/molecart embedded-");
	await chmod(folder, options.mode ?? 0o755);
	return {
		path: folder,
		[Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }),
	};
}

interface Said {
	url?: string;
	firstStart?: boolean;
	refusal?: string;
	reason?: string;
	lines?: string[];
}

export interface MolecartProcess extends AsyncDisposable {
	readonly pid: number;
	/** The next thing it says, or a failure if it ends without a word. */
	says(): Promise<Said>;
	kill(signal: NodeJS.Signals): Promise<void>;
	/** Closes its input and waits for its end. */
	end(): Promise<number | null>;
}

export function startMolecartProcess({ as, ...options }: ProcessOptions): MolecartProcess {
	const program = path.join(__dirname, "molecart-process.ts");
	const child = spawn(process.execPath, ["--import", "tsx", program, JSON.stringify(options)], {
		stdio: ["pipe", "pipe", "inherit"],
		cwd: path.resolve(__dirname, "../.."),
		env: { ...process.env, TSX_DISABLE_CACHE: "1" },
		...as,
	});
	const words = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
	const gone = once(child, "exit");
	const end = async (act: () => void): Promise<number | null> => {
		if (child.exitCode == null && child.signalCode == null) act();
		await gone;
		return child.exitCode;
	};
	return {
		pid: child.pid!,
		async says() {
			const { value, done } = await words.next();
			if (done) throw new Error(`The process ended without a word (${describe(child)})`);
			return JSON.parse(value) as Said;
		},
		kill: async (signal) => void (await end(() => child.kill(signal))),
		end: () => end(() => child.stdin.end()),
		[Symbol.asyncDispose]: async () => void (await end(() => child.stdin.end())),
	};
}

function describe(child: ChildProcess): string {
	return `exit code ${child.exitCode}, signal ${child.signalCode}`;
}

/** The rows, or with several statements those of the last one. */
export async function query<Row>(url: string, sql: string): Promise<Row[]> {
	const client = new Client({ connectionString: url });
	await client.connect();
	try {
		const result: unknown = await client.query(sql);
		return (Array.isArray(result) ? result.at(-1) : result).rows as Row[];
	} finally {
		await client.end();
	}
}

export async function serverPid(dataDir: string): Promise<number> {
	return Number((await readFile(path.join(dataDir, "pg18", "postmaster.pid"), "utf8")).split("\n")[0]);
}

export async function eventually(question: () => boolean | Promise<boolean>, withinMs = 90_000): Promise<void> {
	if (!(await becomesTrue(question, { withinMs })))
		throw new Error(`Not within ${withinMs} ms: ${question.toString()}`);
}

export async function makeFolder(folder: string, as?: { uid: number; gid: number }): Promise<string> {
	await mkdir(folder, { recursive: true });
	if (as) await chown(folder, as.uid, as.gid);
	return folder;
}
