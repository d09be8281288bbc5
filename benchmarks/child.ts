import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";

/** For a message that a child has promised; the slowest is a whole measurement. */
const ANSWER_MS_MAX = 120_000;

/** Starts a file of this folder as a process of its own, whose messages keep Dates and Buffers. */
export function startChild(file: string, env: Record<string, string> = {}): ChildProcess {
	return fork(path.join(__dirname, file), {
		execArgv: ["--import", "tsx"],
		env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
		serialization: "advanced",
		stdio: ["ignore", "ignore", "inherit", "ipc"],
	});
}

/** Hands `task` to a process of its own and waits for its one answer. */
export async function inChild<Task extends object, Answer>(file: string, task: Task): Promise<Answer> {
	const child = startChild(file);
	try {
		child.send(task);
		return (await messageOf(child, file)) as Answer;
	} finally {
		child.kill();
	}
}

/** The next message. @throws when the child ends without one */
export async function messageOf(child: ChildProcess, file: string): Promise<unknown> {
	const over = new AbortController();
	const signal = AbortSignal.any([over.signal, AbortSignal.timeout(ANSWER_MS_MAX)]);
	const ended = once(child, "exit", { signal }).then(([code, killer]) => {
		throw new Error(`${file} ended without an answer (${String(killer ?? `exit code ${String(code)}`)})`);
	});
	try {
		const [message] = (await Promise.race([once(child, "message", { signal }), ended])) as [unknown];
		return message;
	} finally {
		over.abort();
		await ended.catch(() => undefined);
	}
}

/** The child's side: does the one task that it is given, and ends. */
export function answerTask<Task>(work: (task: Task) => Promise<object>): void {
	process.once("message", (task) => {
		work(task as Task).then(
			(answer) => process.send!(answer, () => process.exit(0)),
			(error: unknown) => {
				console.error(error);
				process.exit(1);
			},
		);
	});
}
