import { channelOf, type ServerChannel } from "./channel";
import { AmqpError, replyText, unexpectedFrame } from "./errors";
import type { Gathering } from "./gathering";
import { heartbeats, type Heartbeats } from "./heartbeats";
import type { Message } from "./message";
import type { Surroundings } from "./surroundings";
import type { Vhost } from "./vhost";
import {
	FRAME_MAX,
	frameReader,
	HEARTBEAT,
	METHOD,
	methodFrame,
	PROTOCOL_HEADER,
	type Fields,
	type Frame,
	type Table,
} from "./wire";

/** The server's end of a client's connection. */
export interface Wire {
	send(bytes: Buffer): void;
	/** Closes the socket (FIN), after what was sent. */
	end(): void;
}

export interface ServerConnection {
	receive(bytes: Buffer): void;
	/** The socket is gone. */
	lost(): void;
}

/** What the server itself does with a connection. */
export interface OpenConnection extends ServerConnection {
	readonly id: number;
	/** As the client calls itself; undefined until it is open. */
	name(): string | undefined;
	channels(): number;
	close(code: number, reason: string): void;
	closeChannel(channel: number, code: number, reason: string): void;
	/** The socket is closed without a word. */
	drop(): void;
	/** The alarm is over. */
	unblock(): void;
}

export interface ConnectionSurroundings {
	readonly surroundings: Surroundings;
	readonly gathering: Gathering;
	readonly vhost: Vhost;
	/** Why nothing may be published at present. */
	alarm(): string | undefined;
	/** Whether a connection or a channel of this client is closed as soon as it is open. */
	isClosedAtOnce(client: string): boolean;
	taken(message: Message, queues: readonly string[], connection: string): void;
	ended(connection: OpenConnection): void;
}

const CHANNEL_MAX = 2_047;
const HEARTBEAT_S = 60;

const SERVER_PROPERTIES = {
	capabilities: {
		publisher_confirms: true,
		exchange_exchange_bindings: false,
		"basic.nack": true,
		consumer_cancel_notify: true,
		"connection.blocked": true,
		consumer_priorities: false,
		authentication_failure_close: true,
		per_consumer_qos: true,
		direct_reply_to: false,
	},
	cluster_name: "rabbit@model",
	// As long as RabbitMQ's own: where a handshake is cut off is a matter of its bytes.
	copyright: "Copyright: none, for it is no RabbitMQ, but a model of it",
	information: "It does what a client of RabbitMQ could see. https://rabbitmq.com",
	platform: "A simulated world",
	product: "RabbitMQ",
	version: "3.10.8",
};

type State = "header" | "start" | "tune" | "opening" | "open" | "closing" | "over";

export function connectionOf(id: number, wire: Wire, world: ConnectionSurroundings): OpenConnection {
	const { surroundings, gathering, vhost } = world;
	const reader = frameReader();
	const channels = new Map<number, ServerChannel>();
	/** Channels in which so much waits that nothing more is read. */
	const full = new Set<number>();
	const unsent: Buffer[] = [];
	let state: State = "header";
	let name = "";
	let capabilities: Table = {};
	let isBlocked = false;
	let beats: Heartbeats = heartbeats(0, surroundings, { speak: () => undefined, lost: () => undefined });

	/** What belongs together leaves together. */
	function send(bytes: Buffer): void {
		if (state === "over") return;
		beats.said();
		unsent.push(bytes);
		gathering.afterwards(flush);
	}

	function flush(): void {
		if (unsent.length > 0) wire.send(Buffer.concat(unsent.splice(0)));
	}

	function say(method: number, fields: Fields): void {
		send(methodFrame(method, 0, fields));
	}

	function read(): void {
		while (state !== "over" && !isBlocked && full.size === 0) {
			if (state === "header") {
				if (!greet()) return;
				continue;
			}
			const frame = reader.next();
			if (!frame) return;
			handle(frame);
		}
		if (state !== "over") beats.pause();
	}

	function greet(): boolean {
		const header = reader.take(PROTOCOL_HEADER.length);
		if (!header) return false;
		if (header.equals(PROTOCOL_HEADER)) {
			state = "start";
			const mechanisms = Buffer.from("PLAIN AMQPLAIN");
			say(METHOD.ConnectionStart, {
				versionMajor: 0,
				versionMinor: 9,
				serverProperties: SERVER_PROPERTIES,
				mechanisms,
			});
		} else {
			send(PROTOCOL_HEADER);
			finish();
		}
		return true;
	}

	function handle(frame: Frame): void {
		if (frame.id === undefined && frame.content === undefined) return;
		if (frame.channel === 0) return handleOwn(frame);
		if (state !== "open") return;
		if (frame.id === METHOD.ChannelOpen) {
			if (channels.has(frame.channel)) return fail(unexpectedFrame("second 'channel.open' seen"), frame.id);
			const channel = openChannel(frame.channel);
			channels.set(frame.channel, channel);
			return channel.opened();
		}
		if (frame.id === METHOD.BasicPublish && world.alarm() !== undefined) block(frame);
		else hand(frame);
	}

	function hand(frame: Frame): void {
		const channel = channels.get(frame.channel);
		channel?.receive(frame);
		if (channel?.isFull()) full.add(frame.channel);
	}

	/** The frame that has met the alarm; it is read when that is over. */
	let heldBack: Frame | undefined;

	function block(frame: Frame): void {
		isBlocked = true;
		heldBack = frame;
		if (capabilities["connection.blocked"] === true) say(METHOD.ConnectionBlocked, { reason: world.alarm() });
	}

	function handleOwn({ id, fields = {} }: Frame): void {
		if (id === METHOD.ConnectionClose) {
			leave();
			say(METHOD.ConnectionCloseOk, {});
			return finish();
		}
		if (id === METHOD.ConnectionCloseOk) return finish();
		if (state === "start" && id === METHOD.ConnectionStartOk) {
			const properties = fields["clientProperties"] as Table;
			name = typeof properties["connection_name"] === "string" ? properties["connection_name"] : "";
			capabilities = (properties["capabilities"] ?? {}) as Table;
			state = "tune";
			say(METHOD.ConnectionTune, { channelMax: CHANNEL_MAX, frameMax: FRAME_MAX, heartbeat: HEARTBEAT_S });
		} else if (state === "tune" && id === METHOD.ConnectionTuneOk) {
			state = "opening";
			beats = heartbeats(fields["heartbeat"] as number, surroundings, { speak: () => send(HEARTBEAT), lost: finish });
		} else if (state === "opening" && id === METHOD.ConnectionOpen) {
			state = "open";
			say(METHOD.ConnectionOpenOk, {});
			if (world.isClosedAtOnce(name)) closeWith(320, replyText(320, "closed as soon as it was open"), 0);
		} else if (state === "open") {
			fail(unexpectedFrame("unexpected method on channel 0"), id ?? 0);
		}
	}

	function openChannel(number: number): ServerChannel {
		return channelOf(number, {
			vhost,
			surroundings,
			gathering,
			connection: id,
			hearsCancel: capabilities["consumer_cancel_notify"] === true,
			send,
			taken: (message, queues) => world.taken(message, queues, name),
			isDoubled: () => world.surroundings.isDoubled?.() ?? false,
			isClosedAtOnce: () => world.isClosedAtOnce(name),
			fail,
			closed: () => void channels.delete(number),
			drained() {
				full.delete(number);
				readOn();
			},
		});
	}

	function fail(error: AmqpError, method: number): void {
		closeWith(error.code, error.replyText, method);
	}

	function closeWith(replyCode: number, text: string, method: number): void {
		if (state === "closing" || state === "over") return;
		leave();
		beats.resume();
		state = "closing";
		say(METHOD.ConnectionClose, { replyCode, replyText: text, classId: method >>> 16, methodId: method & 0xffff });
		isBlocked = false;
		heldBack = undefined;
	}

	/** What it had is given back, and what was its alone is gone. */
	function leave(): void {
		for (const channel of channels.values()) channel.end();
		channels.clear();
		full.clear();
		for (const queue of vhost.queues()) if (queue.owner === id) vhost.deleteQueue(queue);
	}

	/** Nothing is sent any more, and everything is given back. */
	function over(): void {
		if (state === "over") return;
		state = "over";
		beats.end();
		gathering.together(leave);
		world.ended(connection);
	}

	function finish(): void {
		if (state === "over") return;
		over();
		flush();
		wire.end();
	}

	function readOn(): void {
		beats.resume();
		gathering.together(read);
	}

	const connection: OpenConnection = {
		id,
		name: () => (state === "open" ? name : undefined),
		channels: () => channels.size,
		receive(bytes) {
			if (state === "over") return;
			beats.heard();
			reader.add(bytes);
			gathering.together(read);
		},
		lost() {
			over();
			unsent.length = 0;
		},
		close: (code, reason) => gathering.together(() => closeWith(code, replyText(code, reason), 0)),
		closeChannel: (number, code, reason) =>
			gathering.together(() => channels.get(number)?.close(code, replyText(code, reason))),
		drop: finish,
		unblock() {
			if (!isBlocked) return;
			isBlocked = false;
			if (capabilities["connection.blocked"] === true) say(METHOD.ConnectionUnblocked, {});
			const frame = heldBack;
			heldBack = undefined;
			if (frame) hand(frame);
			readOn();
		},
	};
	return connection;
}
