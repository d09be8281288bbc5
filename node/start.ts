import { greeting } from "./greeting";
import { startNode, type Node } from "./node";
import { readSettings } from "./settings";

/**
 * A stop that takes longer than this is cut off: whoever sent the signal kills us soon anyway. What it waits for at most
 * adds up to less: a second of drain, 8 s of calls, 3 s of WebSockets, 1.5 s of other connections.
 */
const STOP_MS_MAX = 15_000;

/** `npm start` and `npm run dev`: one node, until a signal ends it. */
async function main(): Promise<void> {
	let node: Node | undefined;
	let ending = false;

	const end = async (code: number): Promise<void> => {
		if (ending) return;
		ending = true;
		setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
		await node?.drain();
		await node?.stop();
		process.exit(code);
	};
	const giveUp = (error: unknown): void => {
		process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
		void end(1).catch(() => process.exit(1));
	};
	const lose = (reason: string): void => {
		process.stderr.write(`${reason}\n`);
		void end(1).catch(giveUp);
	};
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void end(0).catch(giveUp));
	process.on("uncaughtException", giveUp);
	process.on("unhandledRejection", giveUp);

	node = await startNode(readSettings(process.env), lose);
	process.stdout.write(greeting(node));
	if (process.argv.includes("--repl")) node.broker.repl();
}

main().catch((error: unknown) => {
	process.stderr.write(`${(error as Error).message}\n`);
	process.exit(1);
});
