import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import path from "node:path";
import type { Abilities, Answer, Question } from "./conversation";

/** A process starts in about two seconds; beside many others on two cores it takes its time. */
const START_MS_MAX = 180_000;
const ANSWER_MS_MAX = 60_000;
/** A folder that takes all that members say, for whoever looks for the cause of something. */
const LOGS = process.env["FAULTS_LOGS"];

/** What a member is told at its start. */
export interface Part {
	name: string;
	databaseUrl: string;
	amqpUrl: string;
	/** By which the members' brokers hear of each other. No test does anything to it but what it does to the node. */
	transporterUrl: string;
	/** Of its randomness. */
	seed: number;
	/** Letters tell what they have published, so that readers find what they have missed. */
	isSearched: boolean;
}

/** One of the processes that a fault is done to. Killed and started again, it is the same member. */
export interface Member<Can extends Abilities> {
	readonly name: string;
	start(): Promise<void>;
	/** The last of what it has said about its troubles. */
	words(): string;
	/** kill -9. */
	kill(): Promise<void>;
	hasEnded(): boolean;
	/** Waits until it has ended by itself. */
	ended(): Promise<void>;
	/** SIGSTOP. */
	freeze(): void;
	/** SIGCONT. */
	wake(): void;
	ask<Name extends keyof Can & string>(
		name: Name,
		argument: Parameters<Can[Name]>[0],
	): Promise<Awaited<ReturnType<Can[Name]>>>;
}

/** @param file in this folder, ends with `answerParent` */
export function member<Can extends Abilities>(file: string, part: Part): Member<Can> {
	let child: ChildProcess | undefined;
	let said = "";
	let asked = 0;
	const open = new Map<number, (answer: Answer) => void>();

	function hasEnded(): boolean {
		return !child || child.exitCode !== null || child.signalCode !== null;
	}

	async function answerTo(id: number, what: string, withinMs: number): Promise<unknown> {
		const over = new AbortController();
		const gone = once(child!, "exit", { signal: over.signal }).then(() => {
			throw new Error(`${part.name} ended while it was asked for ${what}; it last said: ${said}`);
		});
		const tooLate = AbortSignal.timeout(withinMs);
		const late = once(tooLate, "abort", { signal: over.signal }).then(() => {
			throw new Error(`${part.name} gave no answer to ${what} within ${withinMs} ms; it last said: ${said}`);
		});
		try {
			const { value, error } = await Promise.race([
				new Promise<Answer>((resolve) => open.set(id, resolve)),
				gone,
				late,
			]);
			if (error !== undefined) throw new Error(`${part.name} failed at ${what}: ${error}`);
			return value;
		} finally {
			over.abort();
			open.delete(id);
			// Both were given up above.
			await Promise.allSettled([gone, late]);
		}
	}

	return {
		name: part.name,
		words: () => said,
		hasEnded,

		async start() {
			child = fork(path.join(__dirname, file), [JSON.stringify(part)], {
				execArgv: ["--import", "tsx"],
				env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: process.env["TMPDIR"] },
				serialization: "advanced",
				stdio: ["ignore", "pipe", "pipe", "ipc"],
			});
			said = "";
			for (const stream of [child.stdout!, child.stderr!]) {
				stream.setEncoding("utf8").on("data", (text: string) => {
					said = (said + text).slice(-4_000);
					if (LOGS !== undefined) appendFileSync(path.join(LOGS, `${part.name}.log`), text);
				});
			}
			child.on("message", (answer) => open.get((answer as Answer).id)?.(answer as Answer));
			await answerTo(0, "its start", START_MS_MAX);
		},

		async kill() {
			if (hasEnded()) return;
			const gone = once(child!, "exit");
			child!.kill("SIGKILL");
			await gone;
		},

		async ended() {
			if (!hasEnded()) await once(child!, "exit", { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
		},

		freeze: () => void child!.kill("SIGSTOP"),
		wake: () => void child!.kill("SIGCONT"),

		async ask(name, argument) {
			const id = ++asked;
			const answer = answerTo(id, name, ANSWER_MS_MAX);
			child!.send({ id, name, argument } satisfies Question);
			return (await answer) as never;
		},
	};
}
