import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { reset } from "./reset";

/** A wire that a test can cut. */
export interface Wire extends AsyncDisposable {
	/** The given URL with the proxy's address instead of the server's. */
	url: string;
	/** Resets every connection; new ones are taken. */
	cut(): void;
	/** Resets every connection and refuses new ones until `mend`. */
	sever(): void;
	mend(): void;
	/** How many connections it has refused. */
	refused(): number;
	/** Holds back every byte, in both directions, without closing anything: a frozen server. */
	stall(): void;
	flow(): void;
	/** How many connections are open. */
	connections(): number;
	/** What the server writes from now on passes through this first; without one, as it is. */
	meddle(change?: (bytes: Buffer) => Buffer): void;
	/** Connections that are made from now on are reset after so many bytes of the server's; without it they are not. */
	resetAfter(bytes?: () => number): void;
	/** Writes bytes of its own to the server, into the n-th connection that is open, as if the client had sent them. */
	inject(connection: number, bytes: Buffer): void;
}

/** A TCP proxy on a free port between a client under test and the server that `url` names. */
export async function wireTo(url: string): Promise<Wire> {
	const target = new URL(url);
	const ends = new Set<Socket>();
	const toServer = new Set<Socket>();
	let severed = false;
	let refused = 0;
	let stalled = false;
	let meddling = (bytes: Buffer): Buffer => bytes;
	let patience: (() => number) | undefined;

	function keep(socket: Socket): void {
		ends.add(socket);
		socket.setNoDelay(true);
		socket.on("error", () => undefined);
		socket.on("close", () => ends.delete(socket));
		if (stalled) socket.pause();
	}

	const server = createServer((near) => {
		if (severed) {
			refused++;
			return reset(near);
		}
		const far = connect(Number(target.port), target.hostname);
		toServer.add(far);
		far.on("close", () => toServer.delete(far));
		let left = patience?.() ?? Infinity;
		for (const [from, to] of [
			[near, far],
			[far, near],
		] as const) {
			keep(from);
			from.on("close", () => to.destroy());
		}
		near.on("data", (bytes) => far.write(bytes));
		far.on("data", (bytes) => {
			near.write(meddling(bytes).subarray(0, left));
			left -= bytes.length;
			if (left <= 0) for (const end of [near, far]) reset(end);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const proxied = new URL(url);
	proxied.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

	const cut = (): void => {
		for (const end of ends) reset(end);
	};
	return {
		url: proxied.href,
		cut,
		sever() {
			severed = true;
			cut();
		},
		mend: () => void (severed = false),
		refused: () => refused,
		stall() {
			stalled = true;
			for (const end of ends) end.pause();
		},
		flow() {
			stalled = false;
			for (const end of ends) end.resume();
		},
		connections: () => toServer.size,
		meddle: (change = (bytes) => bytes) => void (meddling = change),
		resetAfter: (bytes) => void (patience = bytes),
		inject: (connection, bytes) => void [...toServer][connection]!.write(bytes),
		async [Symbol.asyncDispose]() {
			cut();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
