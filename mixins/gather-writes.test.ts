import { Writable } from "node:stream";
import { gatherWrites } from "./gather-writes";

/** Keeps what each system call would have carried. */
function recorded() {
	const calls: string[] = [];
	const stream = new Writable({
		write: (chunk: Buffer, _encoding, done) => {
			calls.push(String(chunk));
			done();
		},
		writev: (chunks, done) => {
			calls.push(chunks.map(({ chunk }) => String(chunk)).join(""));
			done();
		},
	});
	gatherWrites(stream);
	return { stream, calls };
}

test("what is written in one turn leaves together, and what follows from promises that have been kept", async () => {
	const { stream, calls } = recorded();

	stream.write("a");
	stream.write("b");
	await Promise.resolve().then(() => stream.write("c"));
	await new Promise(setImmediate);

	expect(calls).toEqual(["abc"]);
});

test("the next turn's leave by themselves, also on a stream that its user holds back now and then", async () => {
	const { stream, calls } = recorded();

	stream.write("a");
	await new Promise(setImmediate);
	stream.cork();
	stream.write("b");
	stream.uncork();
	stream.write("c");
	await new Promise(setImmediate);

	expect(calls).toEqual(["a", "bc"]);
});
