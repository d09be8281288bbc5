import { connect, type Channel, type ChannelModel, type ConfirmChannel, type RecoveringChannelModel } from "amqplib";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { gatherWrites } from "../../gather-writes";
import {
	addressOf,
	connectionProblem,
	loginOf,
	NotConnectedError,
	RabbitmqUnreachableError,
	withHeartbeat,
} from "./address";
import type { Log } from "../transport";
import { sayFarewell } from "./farewell";

/** The opening handshake included: a frozen broker's kernel still takes the connection. */
const OPEN_TIMEOUT_MS = 5_000;

/** Short after a blip, never longer than somebody would wait for a broker that is back. */
const RECOVERY = { initialDelay: 100, factor: 2, maxDelay: 3_000, jitter: 0.5, maxRetries: Infinity };

const CLOSE_TIMEOUT_MS = 2_000;

/** Hears once that a channel is over, with RabbitMQ's reason where it gave one. */
export type OnEnd = (reason: (Error & { code?: number }) | undefined) => void;

/** One connection to RabbitMQ that repairs itself for as long as it is not closed. */
export interface BrokerConnection {
	/** host:port, for sentences. */
	readonly address: string;
	/** @throws {RabbitmqUnreachableError} after the given number of attempts. Once connected, it tries for ever. */
	open(): Promise<void>;
	isUp(): boolean;
	/** Resolves when there is a connection, at once if there is one, or when it is closed for good. */
	up(): Promise<void>;
	/** Calls back at each connection that is made after this. */
	onUp(listener: () => void): void;
	/** Why RabbitMQ takes no messages from it at present (memory or disk alarm); undefined when it does. */
	blocked(): string | undefined;
	/** @throws {NotConnectedError}, or why the channel was closed while it was being opened: then nobody hears its end. */
	channel(ended: OnEnd): Promise<Channel>;
	/** @throws the same */
	confirmChannel(ended: OnEnd): Promise<ConfirmChannel>;
	/** Gives up a connection that is open and of no use; the next one is made as after any loss. */
	drop(reason: string): void;
	close(): Promise<void>;
}

export function brokerConnection(options: {
	url: string;
	/** Shown in RabbitMQ's list of connections. */
	name: string;
	connectAttempts: number;
	/** Asked of each connection before it is used, of each anew after a loss. One that it rejects is closed, and another tried. */
	admit?: ((on: Pick<BrokerConnection, "channel">) => Promise<void>) | undefined;
	log: Log;
}): BrokerConnection {
	const { url, name, connectAttempts, admit, log } = options;
	const address = addressOf(url);
	const listeners: (() => void)[] = [];
	let recovering: RecoveringChannelModel | undefined;
	let current: ChannelModel | undefined;
	/** Is there, and not admitted yet. */
	let asked: ChannelModel | undefined;
	let blocked: string | undefined;
	let failures = 0;
	let closed = false;
	let waiting: (() => void)[] = [];

	function release(): void {
		for (const resolve of waiting.splice(0)) resolve();
	}

	async function admitted(model: ChannelModel): Promise<void> {
		if (!admit) return;
		// Nobody else listens yet; the failing call tells it as well.
		model.on("error", () => undefined);
		asked = model;
		try {
			await admit(channelsOn(model));
		} catch (error) {
			// amqplib says farewell to what was not admitted, and waits for the answer without an end; not where it has ended.
			await sayFarewell(model);
			throw error;
		} finally {
			asked = undefined;
		}
	}

	function connected(model: ChannelModel): void {
		// Closed in the same breath as it was opened, before anybody listened: its end is told to those who listen now.
		if (isOver(model)) return void model.emit("close", new Error("it was closed while it was being opened"));
		if (failures > 0) log.info(`Connected to RabbitMQ at ${address} again (${name})`);
		failures = 0;
		current = model;
		gatherWrites(socketOf(model));
		release();
		for (const listener of listeners) listener();
	}

	function lost(error: Error): void {
		log.warn(`The connection to RabbitMQ at ${address} was lost (${name}): ${error.message}`);
		if (current) destroySocket(current);
		current = undefined;
		blocked = undefined;
		failures = 1;
	}

	function live(): ChannelModel {
		if (!current) throw new NotConnectedError(address);
		return current;
	}

	return {
		address,

		async open() {
			recovering = await connect(withHeartbeat(url), {
				...loginOf(url),
				noDelay: true,
				keepAlive: true,
				timeout: OPEN_TIMEOUT_MS,
				clientProperties: { connection_name: name },
				recovery: { ...RECOVERY, initialMaxRetries: connectAttempts - 1, waitForConnect: false, setup: admitted },
			});
			recovering.on("connect", connected);
			recovering.on("disconnect", lost);
			// "disconnect" and "connect-failed" tell the same; unheard, this one would end the process.
			recovering.on("error", () => undefined);
			recovering.on("connect-failed", (error) => {
				// The first of an outage, then about one a minute.
				if (failures++ % 20 === 1)
					log.warn(`RabbitMQ at ${address} can't be reached: ${connectionProblem(error, url)}`);
			});
			recovering.on("blocked", (reason) => {
				blocked = reason;
				if (reason) log.warn(`RabbitMQ at ${address} takes no messages for now: ${reason}`);
			});
			recovering.on("unblocked", () => {
				blocked = undefined;
				log.info(`RabbitMQ at ${address} takes messages again`);
			});
			try {
				await recovering.waitForConnect();
			} catch (error) {
				throw new RabbitmqUnreachableError(address, connectAttempts, connectionProblem(error as Error, url));
			}
		},

		isUp: () => current !== undefined,
		async up() {
			if (!current && !closed) await new Promise<void>((resolve) => waiting.push(resolve));
		},
		onUp: (listener) => void listeners.push(listener),
		blocked: () => blocked,
		channel: async (ended) => listening(await live().createChannel(), ended),
		confirmChannel: async (ended) => listening(await live().createConfirmChannel(), ended),
		drop(reason) {
			if (current) socketOf(current).destroy(new Error(reason));
		},

		async close() {
			closed = true;
			const model = current ?? asked;
			current = undefined;
			release();
			waiting = [];
			// A frozen broker never answers the closing handshake.
			await Promise.race([recovering?.close(), pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
			if (model) destroySocket(model);
		},
	};
}

/** Channels of a connection that nobody repairs. */
export function channelsOn(model: ChannelModel): Pick<BrokerConnection, "channel"> {
	return { channel: async (ended) => listening(await model.createChannel(), ended) };
}

/**
 * RabbitMQ may close a channel in the same breath as it opens it: both are read before anybody could listen for its end.
 * So it is asked something once there are listeners; a channel that is over answers nothing.
 */
async function listening<Opened extends Channel>(channel: Opened, ended: OnEnd): Promise<Opened> {
	let reason: Error | undefined;
	let hasEnded = false;
	let isHandedOver = false;
	channel.on("error", (error: Error) => (reason = error));
	channel.on("close", () => {
		hasEnded = true;
		if (isHandedOver) ended(reason);
	});
	await channel.prefetch(0, false);
	if (hasEnded) throw reason ?? new Error("The channel was closed while it was being opened");
	isHandedOver = true;
	return channel;
}

/** amqplib ends its half of the socket as soon as the connection is closed, by whomever. */
function isOver(model: ChannelModel): boolean {
	const { writableEnded, destroyed } = socketOf(model);
	return writableEnded || destroyed;
}

/** amqplib only ends its half of the socket, which stays open as long as a frozen broker does not end the other. */
function destroySocket(model: ChannelModel): void {
	socketOf(model).destroy(new Error("closed"));
}

function socketOf({ connection }: ChannelModel): Socket {
	return (connection as unknown as { stream: Socket }).stream;
}
