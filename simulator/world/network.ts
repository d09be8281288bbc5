import net from "node:net";
import type { Duplex } from "node:stream";
import { currentHost, onHost, type Host } from "./host";
import type { Random } from "./random";
import type { Schedule } from "./schedule";
import { SimulatedSocket } from "./socket";

/** One connection as its server sees it. */
export interface Accepted {
	receive(bytes: Buffer): void;
	/** The client's end is gone. */
	lost(): void;
}

/** The server's end of one connection. */
export interface ServerEnd {
	send(bytes: Buffer): void;
	/** Closes it after what was sent. */
	end(): void;
}

/** What listens at a name. `undefined` refuses the connection. */
export type Listen = (end: ServerEnd, client: Host | undefined) => Accepted | undefined;

/** What does not get through between a host and a server. A connection that is cut is silent, and neither end is told. */
export interface Cut {
	host: Host;
	server: string;
	/** `both`, or what the host sends (`out`), or what it is sent (`in`). */
	way: "both" | "out" | "in";
}

export interface Network {
	/** Where `net.connect` leads to with such a name. Emits `connect` when the server has accepted. */
	connect(server: string): Duplex;
	listen(server: string, listen: Listen): void;
	cut(cut: Cut): void;
	/** What was lost on the way is sent again by TCP: it arrives now. */
	mend(cut: Cut): void;
	isCut(host: Host | undefined, server: string, way: "out" | "in"): boolean;
	/** Whether these bytes are on their way from a server to a host, and not there yet. */
	isOnItsWay(host: Host, server: string, bytes: string): boolean;
	/** Ends a connection without a word to either: both see a reset. */
	reset(link: Link): void;
	readonly links: ReadonlySet<Link>;
	/** The servers see that a host's process has ended. */
	killed(host: Host): void;
}

/** One simulated TCP connection. */
export interface Link {
	readonly host: Host | undefined;
	readonly server: string;
	/** Its number in the order of connecting. */
	readonly id: number;
	/** Both ends know that it is over. */
	isOver(): boolean;
}

interface OpenLink extends Link {
	socket: SimulatedSocket;
	accepted: Accepted | undefined;
	out: Direction;
	in: Direction;
	over: boolean;
	/** The server knows that the client's end is gone. */
	isLost: boolean;
}

/** What is on its way, in its order. */
interface Direction {
	waiting: (Buffer | "end" | "reset")[];
	isOffered: boolean;
}

/** How much of what hosts send is at the server at once. */
const SWIFT = 0.8;

let current: Network | undefined;

/** Sockets to a name that ends with `.sim` lead into the current simulation; called once, before anything is imported. */
export function replaceSockets(): void {
	const connect = net.connect as unknown as (...args: unknown[]) => net.Socket;
	const replaced = (...args: unknown[]): unknown => {
		const { host } = Object(args[0]) as { host?: string };
		if (!current || !host?.endsWith(".sim")) return connect(...args);
		const socket = current.connect(host);
		const connected = args.at(-1);
		if (typeof connected === "function") socket.once("connect", connected as () => void);
		return socket;
	};
	net.connect = replaced as typeof net.connect;
}

/** The network of one simulation; it takes the place of the one before it. */
export function newNetwork(schedule: () => Schedule, random: Random): Network {
	const servers = new Map<string, Listen>();
	const cuts = new Set<Cut>();
	const links = new Set<OpenLink>();
	let connections = 0;

	const isCut = (host: Host | undefined, server: string, way: "out" | "in"): boolean => {
		for (const cut of cuts) {
			if (cut.host === host && cut.server === server && (cut.way === "both" || cut.way === way)) return true;
		}
		return false;
	};

	function connect(server: string): Duplex {
		const host = currentHost();
		const id = ++connections;
		const link: OpenLink = {
			host,
			server,
			id,
			accepted: undefined,
			socket: undefined as never,
			out: { waiting: [], isOffered: false },
			in: { waiting: [], isOffered: false },
			over: false,
			isLost: false,
			isOver: () => link.over,
		};
		link.socket = new SimulatedSocket({
			write: (bytes) => put(link, "out", bytes),
			ended: () => put(link, "out", "end"),
			destroyed: () => put(link, "out", "reset"),
		});
		links.add(link);
		offerConnect(link);
		return link.socket;
	}

	function offerConnect(link: OpenLink): void {
		const { host, server } = link;
		schedule().offer(`${nameOf(host)} connects to ${server}`, host, () => {
			if (link.socket.destroyed) return void links.delete(link);
			// Its SYN is sent again and again: somebody's patience ends, or the cut.
			if (isCut(host, server, "out") || isCut(host, server, "in")) return void waiting.add(link);
			const end: ServerEnd = {
				send: (bytes) => put(link, "in", bytes),
				end: () => put(link, "in", "end"),
			};
			link.accepted = servers.get(server)?.(end, host);
			if (!link.accepted) return close(link, refused(server));
			link.socket.emit("connect");
		});
	}
	const waiting = new Set<OpenLink>();

	function put(link: OpenLink, way: "out" | "in", what: Buffer | "end" | "reset"): void {
		if (link.over) return;
		// What of a killed process has still to run is not run.
		if (way === "out" && link.host?.state === "killed" && what !== "reset") return;
		if (!link.accepted) {
			if (what === "reset") close(link);
			return;
		}
		link[way].waiting.push(what);
		// Most of what is sent is there before anything else happens: what it sets off is a choice in any case.
		const isSwift = way === "out" && !link.out.isOffered && !isCut(link.host, link.server, "out");
		if (isSwift && random.chance(SWIFT)) arrive(link, "out");
		else offer(link, way);
	}

	function offer(link: OpenLink, way: "out" | "in"): void {
		const direction = link[way];
		if (direction.isOffered || direction.waiting.length === 0 || link.over) return;
		if (isCut(link.host, link.server, way)) return;
		direction.isOffered = true;
		const name = way === "out" ? `${nameOf(link.host)}>${link.server}` : `${link.server}>${nameOf(link.host)}`;
		// What a process has written leaves although it stands still; what comes for it waits in its kernel.
		schedule().offer(`${name} #${link.id}`, way === "in" ? link.host : undefined, () => arrive(link, way));
	}

	/** Some or all of what is on its way. */
	function arrive(link: OpenLink, way: "out" | "in"): void {
		const direction = link[way];
		direction.isOffered = false;
		if (link.over || isCut(link.host, link.server, way)) return;
		const count = random.chance(0.75) ? direction.waiting.length : random.between(1, direction.waiting.length);
		const arrived = direction.waiting.splice(0, count);
		const bytes = Buffer.concat(arrived.filter((each) => typeof each !== "string"));
		const end = arrived.find((each) => typeof each === "string");
		if (way === "out") {
			if (bytes.length > 0) onHost(undefined, () => link.accepted!.receive(bytes));
			if (end) {
				tellLost(link);
				if (end === "reset" || link.socket.destroyed) close(link);
			}
		} else {
			if (bytes.length > 0) link.socket.arrived(bytes);
			if (end) link.socket.push(null);
			if (end) link.in.waiting.length = 0;
		}
		offer(link, way);
	}

	function tellLost(link: OpenLink): void {
		if (link.isLost) return;
		link.isLost = true;
		onHost(undefined, () => link.accepted?.lost());
	}

	function close(link: OpenLink, error?: Error): void {
		link.over = true;
		links.delete(link);
		waiting.delete(link);
		if (!link.socket.destroyed) onHost(link.host, () => link.socket.destroy(error));
	}

	const network: Network = {
		connect,
		links,
		listen: (server, listen) => void servers.set(server, listen),
		cut: (cut) => void cuts.add(cut),
		mend(cut) {
			cuts.delete(cut);
			for (const link of waiting) offerConnect(link);
			waiting.clear();
			for (const link of links) {
				offer(link, "out");
				offer(link, "in");
			}
		},
		isCut,
		isOnItsWay(host, server, bytes) {
			const its = [...links].filter((link) => link.host === host && link.server === server);
			return its.some(({ in: { waiting } }) =>
				waiting.some((each) => typeof each !== "string" && each.includes(bytes)),
			);
		},
		reset(link) {
			const open = link as OpenLink;
			tellLost(open);
			close(open, reset());
		},
		killed(host) {
			for (const link of links) if (link.host === host) put(link, "out", "reset");
		},
	};
	current = network;
	return network;
}

function nameOf(host: Host | undefined): string {
	return host?.name ?? "world";
}

function refused(server: string): Error {
	return Object.assign(new Error(`connect ECONNREFUSED ${server}`), { code: "ECONNREFUSED" });
}

function reset(): Error {
	return Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
}
