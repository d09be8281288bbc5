import type { Writable } from "node:stream";

/**
 * What is written within one turn of the event loop leaves in one system call. Twenty acknowledgements after a commit,
 * or the statements of twenty handlers, would otherwise be twenty of them: a third of a consumer's time
 * (benchmarks/RESULTS.md).
 */
export function gatherWrites(stream: Writable): void {
	const write = stream.write.bind(stream) as (...written: unknown[]) => boolean;
	let gathering = false;
	stream.write = (...written: unknown[]) => {
		if (!gathering) {
			gathering = true;
			stream.cork();
			// After all that is ready to run now, the continuations of promises included.
			process.nextTick(() => {
				gathering = false;
				stream.uncork();
			});
		}
		return write(...written);
	};
}
