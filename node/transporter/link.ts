import { connect, type Channel, type ChannelModel, type Message } from "amqplib";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { loginOf, withHeartbeat } from "../../mixins/events/rabbitmq/address";
import { sayFarewell } from "../../mixins/events/rabbitmq/farewell";

/** The opening handshake included: a frozen broker's kernel still takes the connection. */
const OPEN_TIMEOUT_MS = 5_000;

/** A frozen broker never answers the closing handshake. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * A node hears its own heartbeats through RabbitMQ, every 2.5 s at most; so long without a byte is no machine's being
 * busy. Looks are counted and not the clock: an event loop that stood still has looked once.
 */
const QUIET = { lookMs: 1_000, looksMax: 6 };

/** One connection to RabbitMQ with its one channel. It ends when either does, and repairs nothing. */
export interface Link {
	readonly connection: ChannelModel;
	readonly channel: Channel;
	/** RabbitMQ takes nothing from it at present (memory or disk alarm): what is written waits in the socket. */
	isBlocked(): boolean;
	/** Resolves with the reason. */
	readonly ended: Promise<string>;
	/** Drops it at once, without a word to RabbitMQ. */
	end(reason: string): void;
	/** Sends what was written, then says goodbye. */
	close(): Promise<void>;
}

/** @throws why there is none */
export async function openLink(options: {
	url: string;
	/** Shown in RabbitMQ's list of connections. */
	name: string;
	prefetch: number;
	/** RabbitMQ has no queue for a message that was sent as `mandatory`. */
	returned(message: Message): void;
}): Promise<Link> {
	const connection = await connect(withHeartbeat(options.url), {
		...loginOf(options.url),
		noDelay: true,
		keepAlive: true,
		timeout: OPEN_TIMEOUT_MS,
		clientProperties: { connection_name: options.name },
	});
	const socket = (connection.connection as unknown as { stream: Socket }).stream;
	let reason = "the connection was closed";
	let isBlocked = false;
	let isClosing = false;
	const because = (error: Error): void => void (reason = error.message);
	const end = (why: string): void => void socket.destroy(new Error(why));

	connection.on("error", because);
	connection.on("blocked", () => (isBlocked = true));
	connection.on("unblocked", () => (isBlocked = false));
	const ended = new Promise<string>((resolve) => connection.on("close", () => resolve(reason)));
	const looks = endWhenQuiet(socket, () => !isBlocked, end);
	void ended.then(() => {
		clearInterval(looks);
		// amqplib only ends its half of the socket.
		socket.destroy();
	});

	try {
		const channel = await connection.createChannel();
		channel.on("error", because);
		channel.on("return", options.returned);
		// RabbitMQ closes a channel for a fault that concerns it alone. Without it the connection is deaf.
		channel.on("close", () => {
			if (!isClosing) end(reason);
		});
		// Also shows that both are still alive after the listeners were attached.
		await channel.prefetch(options.prefetch);
		return {
			connection,
			channel,
			isBlocked: () => isBlocked,
			ended,
			end,
			async close() {
				isClosing = true;
				const goodbye = sayFarewell(channel).then(() => sayFarewell(connection));
				await Promise.race([goodbye, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
				end("closed");
			},
		};
	} catch (error) {
		end((error as Error).message);
		throw error;
	}
}

/** While an alarm blocks the connection RabbitMQ does not read from it, so there are no own heartbeats to be heard. */
function endWhenQuiet(socket: Socket, isExpected: () => boolean, end: (reason: string) => void): NodeJS.Timeout {
	let heard = socket.bytesRead;
	let quietLooks = 0;
	return setInterval(() => {
		quietLooks = socket.bytesRead === heard && isExpected() ? quietLooks + 1 : 0;
		heard = socket.bytesRead;
		if (quietLooks >= QUIET.looksMax) end(`nothing was heard for ${QUIET.looksMax} s`);
	}, QUIET.lookMs).unref();
}
