import { once } from "node:events";
import type { Duplex } from "node:stream";
import { newHost, onHost, type Host } from "../../simulator/world/host";
import { newNetwork, type Cut, type Network } from "../../simulator/world/network";
import type { Schedule } from "../../simulator/world/schedule";

const SERVER = "rabbitmq.sim";

interface Bench {
	network: Network;
	host: Host;
	/** What the server has seen of its clients. */
	server: { heard: string[]; lost: number; say(text: string): void };
	/** Lets happen all that is on its way. */
	deliver(): Promise<void>;
	connect(): Promise<{ socket: Duplex; heard: string[]; ended: string[] }>;
}

/** A network on which everything arrives in its order, write by write, when it is told to. */
function bench(): Bench {
	const offered: { host: Host | undefined; happen: () => void }[] = [];
	const schedule = {
		offer: (_what: string, host: Host | undefined, happen: () => void) => void offered.push({ host, happen }),
	} as unknown as Schedule;
	const slowly = { chance: () => false, between: (from: number) => from } as never;
	const network = newNetwork(() => schedule, slowly);
	const server = { heard: [] as string[], lost: 0, say: (_text: string): void => undefined };
	network.listen(SERVER, (end) => {
		server.say = (text) => end.send(Buffer.from(text));
		return { receive: (bytes) => void server.heard.push(bytes.toString()), lost: () => void server.lost++ };
	});
	const host = newHost("n1", 0);

	async function deliver(): Promise<void> {
		for (;;) {
			// Streams tell their programs a turn later.
			await new Promise((resolve) => setImmediate(resolve));
			const at = offered.findIndex((each) => !each.host || each.host.state === "running");
			if (at < 0) return;
			const [{ host: whose, happen }] = offered.splice(at, 1) as [(typeof offered)[number]];
			onHost(whose, happen);
		}
	}

	return {
		network,
		host,
		server,
		deliver,
		async connect() {
			const socket = onHost(host, () => network.connect(SERVER));
			const heard: string[] = [];
			const ended: string[] = [];
			socket.on("data", (bytes: Buffer) => heard.push(bytes.toString()));
			socket.on("error", (error: Error) => ended.push(error.message));
			socket.on("close", () => ended.push("closed"));
			await Promise.all([once(socket, "connect"), deliver()]);
			return { socket, heard, ended };
		},
	};
}

const cutOf = (host: Host, way: Cut["way"]): Cut => ({ host, server: SERVER, way });

test("what is written arrives, both ways and in its order", async () => {
	const { server, deliver, connect } = bench();
	const { socket, heard } = await connect();

	socket.write("one, ");
	socket.write("two");
	server.say("welcome");
	await deliver();

	expect(server.heard.join("")).toBe("one, two");
	expect(heard).toEqual(["welcome"]);
});

test("nobody listens where there is no server", async () => {
	const { network, deliver } = bench();

	const socket = network.connect("nowhere.sim");
	const refused = once(socket, "error");
	await deliver();

	expect(await refused).toEqual([expect.objectContaining({ code: "ECONNREFUSED" })]);
});

test.each([
	["out", [], ["from the server"]],
	["in", ["from the host"], []],
	["both", [], []],
] as const)("a connection that is cut %s is silent that way, and neither end is told", async (way, there, here) => {
	const { network, host, server, deliver, connect } = bench();
	const { socket, heard, ended } = await connect();

	network.cut(cutOf(host, way));
	socket.write("from the host");
	server.say("from the server");
	await deliver();

	expect(server.heard).toEqual(there);
	expect(heard).toEqual(here);
	expect([ended, server.lost]).toEqual([[], 0]);
});

test("what was lost on the way is sent again when the cut is mended", async () => {
	const { network, host, server, deliver, connect } = bench();
	const { socket, heard } = await connect();
	const cut = cutOf(host, "both");
	network.cut(cut);
	socket.write("from the host");
	server.say("from the server");
	await deliver();

	network.mend(cut);
	await deliver();

	expect(server.heard).toEqual(["from the host"]);
	expect(heard).toEqual(["from the server"]);
});

test("who connects while cut off is let in when the cut is mended", async () => {
	const { network, host, deliver } = bench();
	const cut = cutOf(host, "out");
	network.cut(cut);
	const socket = onHost(host, () => network.connect(SERVER));
	let isConnected = false;
	socket.once("connect", () => (isConnected = true));
	await deliver();
	const whileCut = isConnected;

	network.mend(cut);
	await deliver();

	expect([whileCut, isConnected]).toEqual([false, true]);
});

test("a reset is seen by both ends", async () => {
	const { network, server, deliver, connect } = bench();
	const { ended } = await connect();

	for (const link of network.links) network.reset(link);
	await deliver();

	expect(ended).toEqual(["read ECONNRESET", "closed"]);
	expect(server.lost).toBe(1);
	expect(network.links.size).toBe(0);
});

test("what a killed host had written arrives before the server sees its end", async () => {
	const { network, host, server, deliver, connect } = bench();
	const { socket } = await connect();
	socket.write("the last words");

	host.state = "killed";
	network.killed(host);
	const lostBefore = server.lost;
	await deliver();

	expect(lostBefore).toBe(0);
	expect(server.heard).toEqual(["the last words"]);
	expect(server.lost).toBe(1);
});

test("what comes for a frozen host waits in its kernel, and what it has written leaves", async () => {
	const { host, server, deliver, connect } = bench();
	const { socket, heard } = await connect();
	socket.write("from the host");
	host.state = "frozen";
	server.say("from the server");
	await deliver();
	const whileFrozen = [...heard];

	host.state = "running";
	await deliver();

	expect(server.heard).toEqual(["from the host"]);
	expect([whileFrozen, heard]).toEqual([[], ["from the server"]]);
});
