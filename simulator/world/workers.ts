import { fork, type ChildProcess, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { realTimer } from "./clock";
import { coresToBindTo, startedOn } from "./cores";

/** Processes that each do one job at a time. */
export interface Workers<Job, Result> {
	/** @throws what the worker threw, or that it ended */
	run(job: Job): Promise<Result>;
	close(): Promise<void>;
}

/** What a process may have kept of its jobs is given back when it ends. */
const JOBS_MAX = 500;

/** A job of two seconds takes ten times as long beside others; what goes on for longer would go on for ever. */
const JOB_MS_MAX = 120_000;

/** A job has had all the time that it may take. Its process was ended. */
export class NotEndedError extends Error {}

interface Worker {
	process: ChildProcess;
	jobs: number;
	/** Which it stays on, with its database: who hands a statement over does not wait until another core wakes. */
	core: number | undefined;
}

export interface WorkersOptions {
	/** After so many a process is replaced. */
	jobsMax?: number | undefined;
	/** After so long a job's process is ended. */
	jobMsMax?: number;
	/** A process that ends by itself when its job was done is replaced: what it was made to run has mistakes. */
	mayEnd?: boolean;
}

/** @param script answers each message, a job, by one of its own: `{ result }` or `{ error }` */
export function newWorkers<Job extends object, Result>(
	script: string,
	count: number,
	args: readonly string[],
	{ jobsMax = JOBS_MAX, jobMsMax = JOB_MS_MAX, mayEnd = false }: WorkersOptions = {},
): Workers<Job, Result> {
	const idle: Worker[] = [];
	const waiting: ((worker: Worker) => void)[] = [];
	const all = new Set<Worker>();
	const cores = coresToBindTo();
	// Fewer would all be on the first of them, beside those of another pool.
	const isBound = cores.length === count;

	function start(): Worker {
		const taken = new Set([...all].map((each) => each.core));
		const core = isBound ? cores.find((each) => !taken.has(each)) : undefined;
		const { execPath, execArgv } =
			core === undefined ? { execPath: process.execPath, execArgv: [] } : startedOn(core, process.execPath);
		const options = ["--import", "tsx", "--max-old-space-size=2048", "--max-semi-space-size=64"];
		const stdio: StdioOptions = ["ignore", "inherit", "inherit", "ipc"];
		const worker: Worker = {
			process: fork(script, args, { execPath, execArgv: [...execArgv, ...options], stdio }),
			jobs: 0,
			core,
		};
		all.add(worker);
		return worker;
	}

	async function end(worker: Worker): Promise<void> {
		all.delete(worker);
		if (worker.process.exitCode !== null || worker.process.signalCode !== null) return;
		worker.process.send({ end: true });
		await once(worker.process, "exit");
	}

	/** @throws where one has ended when its job was done, by something that nobody waited for, and must not */
	function takeIdle(): Worker | undefined {
		for (let worker = idle.pop(); worker; worker = idle.pop()) {
			if (worker.process.connected) return worker;
			all.delete(worker);
			if (!mayEnd) throw new Error(`A worker ended with ${String(worker.process.exitCode)} after its job was done`);
		}
		return undefined;
	}

	function giveBack(worker: Worker): void {
		const next = waiting.shift();
		if (next) next(worker);
		else idle.push(worker);
	}

	async function take(): Promise<Worker> {
		const worker =
			takeIdle() ?? (all.size < count ? start() : await new Promise<Worker>((resolve) => waiting.push(resolve)));
		if (worker.jobs < jobsMax) return worker;
		await end(worker);
		return start();
	}

	return {
		async run(job) {
			const worker = await take();
			worker.jobs++;
			const ended = new AbortController();
			let takeBack = (): void => undefined;
			const tooLong = new Promise<never>((_, reject) => {
				const what = `A worker has not ended after ${jobMsMax / 1_000} s at ${JSON.stringify(job).slice(0, 200)}`;
				takeBack = realTimer(() => reject(new NotEndedError(what)), jobMsMax);
			});
			try {
				worker.process.send(job);
				const [answer] = (await Promise.race([
					tooLong,
					once(worker.process, "message", { signal: ended.signal }),
					once(worker.process, "exit", { signal: ended.signal }).then(([code]) => {
						throw new Error(`A worker ended with ${String(code)} at ${JSON.stringify(job).slice(0, 200)}`);
					}),
				])) as [{ result?: Result; error?: string }];
				if (answer.error !== undefined) throw new Error(answer.error);
				giveBack(worker);
				return answer.result!;
			} catch (error) {
				all.delete(worker);
				worker.process.kill("SIGKILL");
				const next = waiting.shift();
				if (next) next(start());
				throw error;
			} finally {
				takeBack();
				ended.abort();
			}
		},
		async close() {
			await Promise.all([...all].map(end));
		},
	};
}
