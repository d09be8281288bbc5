import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { freePort } from "./free-port";
import { until } from "./until";

/** A node reads some thousand files before anything else: 2 s on a quiet machine, more than a minute on a very busy one. */
const READY_MS_MAX = 180_000;

const ROOT = path.resolve(__dirname, "../..");

/** One node of the shop in a process of its own, as `npm start` runs it. */
export interface ShopProcess extends AsyncDisposable {
	readonly name: string;
	/** Where it tells of its health; the gateway's is the shop's address too. */
	readonly url: string;
	readonly child: ChildProcess;
	/** Waits until it says that it can do its job. @throws with its last words when it ends before */
	ready(): Promise<void>;
	/** What it says about its health. */
	health(): Promise<{ status: number; missing: string[]; absentServices?: string[] }>;
	/** The last of what it has printed. */
	said(): string;
	/** Sends the signal and waits for its end. */
	end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

/**
 * @param environment all of it, but for PATH and the like; ports are chosen here
 * @param program what to run instead of `npm start`; it may be sent messages
 */
export async function startShopProcess(
	name: string,
	environment: Record<string, string>,
	program = "node/start.ts",
): Promise<ShopProcess> {
	const { PATH = "", HOME = "", TMPDIR = "/tmp" } = process.env;
	const port = await freePort();
	const isGateway = environment["SERVICES"] === undefined || environment["SERVICES"].split(",").includes("gateway");
	const ports = isGateway ? { PORT: String(port) } : { METRICS_PORT: String(port) };
	const child = spawn(process.execPath, ["--import", "tsx", program], {
		cwd: ROOT,
		env: { PATH, HOME, TMPDIR, ...environment, ...ports, NODE_ID: name },
		stdio: ["ignore", "pipe", "pipe", "ipc"],
	});
	let said = "";
	for (const stream of [child.stdout!, child.stderr!]) {
		stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-4_000)));
	}
	const gone = once(child, "exit");
	const isGone = (): boolean => child.exitCode !== null || child.signalCode !== null;
	const url = `http://127.0.0.1:${port}`;

	const shop: ShopProcess = {
		name,
		url,
		child,
		async health() {
			const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(10_000) });
			return { ...((await answer.json()) as { missing: string[] }), status: answer.status };
		},
		async ready() {
			const is = await until(async () => (isGone() ? "gone" : (await shop.health()).status === 200 && "ready"), {
				what: `${name} to be ready`,
				withinMs: READY_MS_MAX,
				everyMs: 100,
			});
			if (is === "gone") throw new Error(`${name} has ended with ${child.exitCode ?? child.signalCode}: ${said}`);
		},
		said: () => said,
		async end(signal) {
			if (!isGone()) child.kill(signal);
			await gone;
		},
		[Symbol.asyncDispose]: () => shop.end("SIGKILL"),
	};
	return shop;
}
