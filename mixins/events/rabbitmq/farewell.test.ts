import { EventEmitter } from "node:events";
import { sayFarewell } from "./farewell";

class Closable extends EventEmitter {
	constructor(readonly close: () => Promise<void>) {
		super();
	}
}

test("a farewell is over with its answer", async () => {
	await expect(sayFarewell(new Closable(() => Promise.resolve()))).resolves.toBeUndefined();
});

test("a farewell that nobody answers is over with what it was said to", async () => {
	const channel = new Closable(() => new Promise(() => undefined));

	const farewell = sayFarewell(channel);
	channel.emit("close");

	await expect(farewell).resolves.toBeUndefined();
});

test("what is closed already needs no farewell", async () => {
	await expect(sayFarewell(new Closable(() => Promise.reject(new Error("Channel closed"))))).resolves.toBeUndefined();
});
