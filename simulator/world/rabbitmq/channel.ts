import { consuming } from "./consuming";
import { AmqpError, replyText, unexpectedFrame } from "./errors";
import type { Gathering } from "./gathering";
import type { Message } from "./message";
import { methodsOf } from "./methods";
import { SilentQueue, type Patience } from "./patience";
import { publishing, type Published } from "./publishing";
import type { Queue } from "./queue";
import type { Surroundings } from "./surroundings";
import type { Vhost } from "./vhost";
import { METHOD, methodFrame, type Frame } from "./wire";

/** Messages and methods that wait in a channel before its connection is read no more, about as many as with 3.10. */
const BACKLOG_MAX = 400;

export interface ChannelSurroundings {
	readonly vhost: Vhost;
	readonly surroundings: Surroundings;
	readonly gathering: Gathering;
	readonly connection: number;
	/** The client understands that a consumer was cancelled. */
	readonly hearsCancel: boolean;
	send(frame: Buffer): void;
	taken(message: Message, queues: readonly string[]): void;
	/** See {@link Surroundings.isDoubled}. */
	isDoubled(): boolean;
	/** Whether it is closed as soon as it is open, or as soon as it confirms. */
	isClosedAtOnce(): boolean;
	/** A fault of the whole connection. */
	fail(error: AmqpError, method: number): void;
	/** The channel is over, and its number free. */
	closed(): void;
	/** It has caught up, after it was full. */
	drained(): void;
}

export interface ServerChannel {
	receive(frame: Frame): void;
	/** Its client is told that it is open. */
	opened(): void;
	/** Closes it from the server's side. */
	close(code: number, replyText: string): void;
	/** The connection is over. */
	end(): void;
	/** So much waits in it that the connection has to wait as well. */
	isFull(): boolean;
}

/** What comes next, whole: a method, or a message. */
type Command = Frame | Published;

export function channelOf(number: number, world: ChannelSurroundings): ServerChannel {
	const { send } = world;
	const publisher = publishing(number, world);
	const consumers = consuming(number, { send, hearsCancel: world.hearsCancel, random: world.surroundings.random });
	const methods = methodsOf(number, { ...world, publisher, consumers });
	let state: "open" | "closing" | "closed" = "open";
	let backlog: Command[] = [];
	/** Stops waiting for a silent queue. */
	let waiting: (() => void) | undefined;
	let content: { publish: Frame; header?: Frame; parts: Buffer[]; missing: number } | undefined;

	function assemble(frame: Frame): void {
		if (!content) {
			if (frame.id === METHOD.BasicPublish) content = { publish: frame, parts: [], missing: Infinity };
			else if (frame.content || frame.size !== undefined) fail(unexpectedFrame("expected a method"), 0);
			else accept(frame);
			return;
		}
		if (!content.header && frame.size !== undefined) {
			content.header = frame;
			content.missing = frame.size;
		} else if (content.header && frame.content) {
			content.parts.push(frame.content);
			content.missing -= frame.content.length;
		} else {
			return fail(unexpectedFrame("expected content, got something else"), METHOD.BasicPublish);
		}
		if (content.missing > 0) return;
		const { publish, header, parts } = content;
		content = undefined;
		const { exchange, routingKey, mandatory } = publish.fields as {
			exchange: string;
			routingKey: string;
			mandatory: boolean;
		};
		const body = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
		accept({ message: { exchange, routingKey, properties: header?.fields ?? {}, body }, mandatory });
	}

	function accept(command: Command): void {
		if (waiting) backlog.push(command);
		else carryOut(command, "fresh");
	}

	function carryOut(command: Command, patience: Patience): void {
		try {
			if ("message" in command) {
				const overdrawn = publisher.publish(command, patience);
				if (overdrawn) waitFor(overdrawn);
			} else if (command.id === METHOD.ChannelClose) {
				end("closed");
				send(methodFrame(METHOD.ChannelCloseOk, number, {}));
				world.closed();
			} else {
				methods(command, patience);
				if (command.id === METHOD.ConfirmSelect) closeAtOnce();
			}
		} catch (error) {
			const method = "message" in command ? METHOD.BasicPublish : command.id!;
			if (error instanceof SilentQueue) waitFor(error.queue, command, error.patienceMs);
			else if (error instanceof AmqpError) fail(error, method);
			else throw error;
		}
	}

	/** @param command is carried out anew when the queue speaks, or the channel's patience is over */
	function waitFor(queue: Queue, command?: Command, patienceMs?: number): void {
		let isOver = false;
		const goOn = (patience: Patience): void => {
			if (isOver) return;
			stop();
			world.gathering.together(() => {
				if (command) carryOut(command, patience);
				catchUp();
			});
		};
		const cancel = patienceMs === undefined ? undefined : world.surroundings.after(patienceMs, () => goOn("over"));
		const stop = (): void => {
			isOver = true;
			waiting = undefined;
			cancel?.();
		};
		waiting = stop;
		queue.onSpeak(() => goOn("fresh"));
	}

	function catchUp(): void {
		const wasFull = isFull();
		while (backlog.length > 0 && !waiting && state === "open") carryOut(backlog.shift()!, "fresh");
		if (wasFull && !isFull()) world.drained();
	}

	function isFull(): boolean {
		return backlog.length >= BACKLOG_MAX;
	}

	function fail(error: AmqpError, method: number): void {
		if (error.ends === "connection") world.fail(error, method);
		else close(error.code, error.replyText, method);
	}

	function close(replyCode: number, text: string, method = 0): void {
		if (state !== "open") return;
		end("closing");
		const fields = { replyCode, replyText: text, classId: method >>> 16, methodId: method & 0xffff };
		send(methodFrame(METHOD.ChannelClose, number, fields));
	}

	function closeAtOnce(): void {
		if (world.isClosedAtOnce()) close(406, replyText(406, "closed as soon as it was open"));
	}

	function end(next: "closing" | "closed"): void {
		if (state === "open") {
			waiting?.();
			const wasFull = isFull();
			backlog = [];
			content = undefined;
			publisher.end();
			consumers.end();
			state = next;
			if (wasFull && next === "closing") world.drained();
		}
		state = next;
	}

	return {
		receive(frame) {
			if (state === "open") return assemble(frame);
			// Until the client has heard of the end it goes on as before.
			if (frame.id === METHOD.ChannelClose) send(methodFrame(METHOD.ChannelCloseOk, number, {}));
			if (frame.id === METHOD.ChannelCloseOk) {
				state = "closed";
				world.closed();
			}
		},
		close: (code, text) => close(code, text),
		opened: () => {
			send(methodFrame(METHOD.ChannelOpenOk, number, {}));
			closeAtOnce();
		},
		end: () => end("closed"),
		isFull,
	};
}
