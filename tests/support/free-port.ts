import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that a system hands out by itself, to connections and to who asks for any: nobody gets one by chance. */
const PORTS = { from: 10_000, to: 32_000 };
/** Whoever finds so many taken has another problem. */
const TRIES_MAX = 100;

/** A port of 127.0.0.1 that nobody listens on, and that nobody is given until whoever asked for it listens there. */
export async function freePort(): Promise<number> {
	for (let tried = 1; ; tried++) {
		const port = randomInt(PORTS.from, PORTS.to);
		try {
			const server = createServer().listen(port, "127.0.0.1");
			await once(server, "listening");
			server.close();
			await once(server, "close");
			return port;
		} catch (error) {
			if (tried === TRIES_MAX) throw error;
		}
	}
}
