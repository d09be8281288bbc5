import { credentials } from "amqplib";

/** RabbitMQ could not be reached at start. The address is in the message, never the password. */
export class RabbitmqUnreachableError extends Error {
	override readonly name = "RabbitmqUnreachableError";
	readonly code = "RABBITMQ_UNREACHABLE";

	constructor(address: string, attempts: number, problem: string) {
		super(
			`RabbitMQ at ${address} can't be reached after ${attempts} ${attempts === 1 ? "attempt" : "attempts"}: ${problem}`,
		);
	}
}

/** There is no connection at this moment; it is being repaired. */
export class NotConnectedError extends Error {
	override readonly name = "NotConnectedError";
	readonly code = "RABBITMQ_NOT_CONNECTED";

	constructor(address: string) {
		super(`There is no connection to RabbitMQ at ${address}`);
	}
}

/** host:port of an AMQP URL, without user and password. */
export function addressOf(url: string): string {
	const { hostname, port, protocol } = parsed(url);
	return `${hostname}:${port || (protocol === "amqps:" ? 5671 : 5672)}`;
}

/** The virtual host of an AMQP URL; without one it is RabbitMQ's own, "/". */
export function vhostOf(url: string): string {
	return decodeURIComponent(parsed(url).pathname.slice(1)) || "/";
}

/**
 * User and password of an AMQP URL, as an option of amqplib's `connect`: left to itself it takes each byte of an escaped
 * name for a character.
 */
export function loginOf(url: string): { credentials: ReturnType<typeof credentials.plain> } {
	const { username, password } = parsed(url);
	if (username === "" && password === "") return { credentials: credentials.plain("guest", "guest") };
	return { credentials: credentials.plain(decodeURIComponent(username), decodeURIComponent(password)) };
}

/**
 * RabbitMQ gives up a connection after two to three of these without a byte, and until then what it has given to a node
 * that is cut off is kept from all others: 8 to 12 s, where orders are to go on within 15. A node has to stand still for as
 * long to be taken for cut off.
 */
const HEARTBEAT_S = 4;

/** Asks for heartbeats, unless the URL has an opinion of its own. */
export function withHeartbeat(url: string): string {
	const asked = parsed(url);
	if (!asked.searchParams.has("heartbeat")) asked.searchParams.set("heartbeat", String(HEARTBEAT_S));
	return asked.href;
}

/** What went wrong, as an operator reads it. */
export function connectionProblem(error: Error, url: string): string {
	const { code, message } = error as NodeJS.ErrnoException;
	if (message.includes("ECONNREFUSED")) return "it refuses the connection";
	if (message.includes("ENOTFOUND")) return "no such host";
	// RabbitMQ answers so to a virtual host that it does not have, or not for this user.
	if (/Expected ConnectionOpenOk; got <ConnectionClose/.test(message)) {
		const { username } = parsed(url);
		return `it has no virtual host "${vhostOf(url)}" that ${decodeURIComponent(username) || "guest"} may use`;
	}
	return message || code || "no reason given";
}

/** @throws without the URL in the message, as it may hold a password. */
function parsed(url: string): URL {
	const legible = URL.canParse(url) ? new URL(url) : undefined;
	if (!legible || !/^amqps?:$/.test(legible.protocol)) {
		throw new Error("The address of RabbitMQ is not a URL like amqp://user:password@host:5672/virtual-host");
	}
	return legible;
}
