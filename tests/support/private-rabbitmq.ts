import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ChildProcess } from "node:child_process";
import { launch, run } from "../../embedded/launch";
import { freePort } from "./free-port";
import { isLeftOver, ownName } from "./names";
import { until } from "./until";

/** Debian's. The wrappers in /usr/sbin would change the user. */
const SCRIPTS = "/usr/lib/rabbitmq/bin";

/** Two cores that others need as well: about 8 s alone. */
const START_MS_MAX = 90_000;
const CONTROL_MS_MAX = 60_000;

/** A RabbitMQ node of a test's own, which it may ill-treat as it likes. */
export interface PrivateRabbitmq extends AsyncDisposable {
	/** The same after a restart. */
	readonly url: string;
	/** kill -9. What was confirmed is on the disk. */
	kill(): Promise<void>;
	/** After `kill`. */
	start(): Promise<void>;
	/** SIGSTOP: its connections stay open, and nothing answers on them. */
	freeze(): void;
	/** SIGCONT. */
	wake(): void;
	/** Raises an alarm, in which RabbitMQ takes no messages from anybody. */
	raise(alarm: Alarm): Promise<void>;
	clear(alarm: Alarm): Promise<void>;
	/** Closes every connection, as an operator would. */
	closeConnections(): Promise<void>;
	/** The queue, of the default virtual host, stays there and answers nothing any more: a quorum queue without a leader. */
	silence(queue: string): Promise<void>;
	/** It answers again, first of all what it was sent meanwhile. */
	unsilence(queue: string): Promise<void>;
}

export type Alarm = "memory" | "disk";

const ALARMS = {
	memory: { raise: ["set_vm_memory_high_watermark", "0"], clear: ["set_vm_memory_high_watermark", "0.4"] },
	disk: { raise: ["set_disk_free_limit", "999999GB"], clear: ["set_disk_free_limit", "50MB"] },
} as const;

/** @returns why no node can be started here, undefined when one can */
export function noPrivateRabbitmq(): string | undefined {
	const server = path.join(SCRIPTS, "rabbitmq-server");
	return existsSync(server) ? undefined : `there is no ${server}`;
}

/** Starts a node with an empty folder, ports and a port mapper of its own. All of it dies with this process. */
export async function privateRabbitmq(): Promise<PrivateRabbitmq> {
	await sweepFolders();
	const folder = await mkdtemp(path.join(tmpdir(), ownName("rabbitmq_")));
	const [port, distributionPort, mapperPort] = [await freePort(), await freePort(), await freePort()];
	const environment = await surroundings(folder, { port, distributionPort, mapperPort });
	const mapper = await launch("epmd", ["-port", String(mapperPort)], {
		env: environment,
		deathSignal: "KILL",
		stdio: "ignore",
	});
	let server: ChildProcess | undefined;
	let said = "";

	async function start(): Promise<void> {
		const child = await launch(path.join(SCRIPTS, "rabbitmq-server"), [], {
			cwd: folder,
			env: environment,
			deathSignal: "KILL",
			stdio: ["ignore", "pipe", "pipe"],
		});
		server = child;
		said = "";
		let isReady = false;
		for (const stream of [child.stdout!, child.stderr!]) {
			stream.setEncoding("utf8").on("data", (text: string) => {
				said = (said + text).slice(-8_000);
				isReady ||= said.includes("Server startup complete");
			});
		}
		const state = await until(() => (hasEnded(child) ? "ended" : isReady && "ready"), {
			what: "a RabbitMQ node to start",
			withinMs: START_MS_MAX,
			everyMs: 50,
		});
		if (state === "ended") throw new Error(`The RabbitMQ node has ended by itself: ${said}`);
	}

	async function kill(): Promise<void> {
		if (!server || hasEnded(server)) return;
		const gone = once(server, "exit");
		server.kill("SIGKILL");
		await gone;
	}

	async function control(...args: string[]): Promise<void> {
		const { code, output } = await run(path.join(SCRIPTS, "rabbitmqctl"), args, {
			env: environment,
			limitMs: CONTROL_MS_MAX,
		});
		if (code !== 0) throw new Error(`rabbitmqctl ${args.join(" ")} ended with ${code}: ${output}`);
	}

	async function dispose(): Promise<void> {
		await kill();
		mapper.kill("SIGKILL");
		await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
	}

	try {
		await start();
	} catch (error) {
		await dispose();
		throw error;
	}
	return {
		url: `amqp://guest:guest@127.0.0.1:${port}`,
		kill,
		start,
		freeze: () => void server?.kill("SIGSTOP"),
		wake: () => void server?.kill("SIGCONT"),
		raise: (alarm) => control(...ALARMS[alarm].raise),
		clear: (alarm) => control(...ALARMS[alarm].clear),
		closeConnections: () => control("close_all_connections", "closed by a test"),
		silence: (queue) => control("eval", `ok = sys:suspend(${raftProcessOf(queue)}).`),
		unsilence: (queue) => control("eval", `ok = sys:resume(${raftProcessOf(queue)}).`),
		[Symbol.asyncDispose]: dispose,
	};
}

/** It is registered by the queue's name and its virtual host's, which is "/" in percents. */
function raftProcessOf(queue: string): string {
	return `whereis('%2F_${queue}')`;
}

/** What killed runs have left. The processes themselves died with them. */
async function sweepFolders(): Promise<void> {
	const ours = ownName("");
	for (const name of await readdir(tmpdir())) {
		if (!isLeftOver(name) || !name.includes("_rabbitmq_") || name.startsWith(ours)) continue;
		await rm(path.join(tmpdir(), name), { recursive: true, force: true });
	}
}

function hasEnded(child: ChildProcess): boolean {
	return child.exitCode !== null || child.signalCode !== null;
}

/** Everything that a node reads, so that nothing of a RabbitMQ that is installed here is read or touched. */
async function surroundings(
	folder: string,
	ports: { port: number; distributionPort: number; mapperPort: number },
): Promise<Record<string, string>> {
	const inside = (name: string): string => path.join(folder, name);
	for (const name of ["mnesia", "log", "schema", "generated"]) await mkdir(inside(name));
	await writeFile(inside("plugins"), "[].\n");
	await writeFile(inside("conf-env"), "");
	await writeFile(inside("rabbitmq.conf"), "log.console.level = info\n");
	return {
		HOME: folder,
		PATH: process.env["PATH"] ?? "",
		LANG: "C.UTF-8",
		RABBITMQ_NODENAME: `molecart-test-${ports.port}@localhost`,
		RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
		RABBITMQ_NODE_PORT: String(ports.port),
		RABBITMQ_DIST_PORT: String(ports.distributionPort),
		ERL_EPMD_PORT: String(ports.mapperPort),
		ERL_EPMD_ADDRESS: "127.0.0.1",
		RABBITMQ_BASE: folder,
		RABBITMQ_MNESIA_BASE: inside("mnesia"),
		RABBITMQ_LOG_BASE: inside("log"),
		RABBITMQ_LOGS: "-",
		RABBITMQ_SCHEMA_DIR: inside("schema"),
		RABBITMQ_GENERATED_CONFIG_DIR: inside("generated"),
		RABBITMQ_PID_FILE: inside("pid"),
		RABBITMQ_CONFIG_FILE: inside("rabbitmq.conf"),
		RABBITMQ_CONF_ENV_FILE: inside("conf-env"),
		RABBITMQ_ENABLED_PLUGINS_FILE: inside("plugins"),
		// A tool that is cut off would leave one wherever it was started.
		ERL_CRASH_DUMP_BYTES: "0",
		// Then its script becomes the server instead of starting it, and our signals reach the right one.
		RUNNING_UNDER_SYSTEMD: "true",
		// Idle schedulers would otherwise spin, on cores that the tests need.
		RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+sbwt none +sbwtdcpu none +sbwtdio none",
	};
}
