import type { ConsumeMessage, Message } from "amqplib";
import { Errors, Transporters } from "moleculer";
import { setTimeout as pause } from "node:timers/promises";
import { pauseAfter } from "../../mixins/events/backoff";
import { channelsOn } from "../../mixins/events/rabbitmq/connection";
import { logOf } from "../log";
import { holdId, NodeIdTakenError, TAKEN_MS_MAX, type Identity } from "./held-id";
import { openLink, type Link } from "./link";
import { recentIds } from "./recent";
import { handOverAnyway, type Packet } from "./subscribing";

/** Moleculer waits 5 s before it connects again, in which every call fails. */
const RECONNECT = { firstMs: 100, maxMs: 3_000 };

/** Declaring what a node listens to takes milliseconds; a broker that freezes meanwhile must not be waited for. */
const TAKE_UP_MS_MAX = 10_000;

/** Answers that wait in this node's queue come within a moment of its return. */
const ANSWERS_WAIT_MS = 1_000;

/**
 * How often those are asked whether they are there whose answers are waited for; nobody is asked otherwise. Who is not
 * there twice in a row is gone. Once may be the moment in which a node connects again: what it was asked waits for it.
 */
const PROBE_MS = { every: 250, apart: 150, row: 2_000 };

/** Answers that could not be sent. A caller waits for 5 s, or 8 s for a payment; what comes later is for nobody. */
const UNSENT = { max: 1_000, msMax: 8_000 };

/** A node that is away for long is no news; the first failure of an outage, then about one a minute. */
const FAILURES_PER_LINE = 20;

const REQUEST = "REQ";
const RESPONSE = "RES";
const INFO = "INFO";

interface Unsent {
	packet: Packet;
	untilMs: number;
}

export interface RabbitmqTransporterOptions {
	url: string;
	/** Requests that a node has in hand at once. */
	prefetch: number;
	/** A request that waited longer in its queue is dropped by RabbitMQ. */
	queuedMsMax: number;
	/** Another node has this one's id now. By default the process ends, as Moleculer's own does. */
	onIdTaken?: ((reason: string) => void) | undefined;
}

/**
 * Moleculer's AMQP transporter, its queues and packets as they are, with other manners when something is lost:
 * - It connects again within a fraction of a second, and also when only the channel was lost, when a queue of its own was
 *   deleted, or when nothing is heard any more.
 * - Whoever waits for an answer over a connection that was lost is told so after a second, and not when its time is over.
 * - A node that was killed is noticed by whoever waits for it within half a second: RabbitMQ deletes its PING queue with
 *   its connection, and returns what is sent there. Nothing has to be answered in time, so a busy node is no dead one.
 * - A request that is delivered again, because its acknowledgement got lost, is not carried out again.
 * - It holds the node's id: where another process has it, nothing is declared, heard or said.
 */
export class RabbitmqTransporter extends Transporters.AMQP {
	private readonly url: string;
	private readonly prefetch: number;
	private link: Link | undefined;
	private stopping = new AbortController();
	private staying: Promise<void> = Promise.resolve();
	private unsent: Unsent[] = [];
	private readonly taken: ReturnType<typeof recentIds>;
	private readonly onIdTaken: ((reason: string) => void) | undefined;
	private idTakenSinceMs: number | undefined;
	/** When a node was first not there. */
	private readonly missedAtMs = new Map<string, number>();

	constructor({ url, prefetch, queuedMsMax, onIdTaken }: RabbitmqTransporterOptions) {
		super({ url, prefetch, queueOptions: { messageTtl: queuedMsMax } });
		this.url = url;
		this.prefetch = prefetch;
		this.onIdTaken = onIdTaken;
		// Those of a connection that was lost come again within that time, or never.
		this.taken = recentIds(queuedMsMax, 100_000);
	}

	override init(...of: Parameters<Transporters.AMQP["init"]>): void {
		super.init(...of);
		if (this.transit) handOverAnyway(this.transit, (packet) => this.prepublish(packet));
	}

	/** As which it is known on RabbitMQ. */
	identity(): Identity {
		return { prefix: this.prefix, nodeId: this.nodeID, instanceId: this.broker.instanceID };
	}

	/** What is thrown here is logged, and the packet not heard: Moleculer would end this process, which has the id. */
	override deserialize(type: string, message: Buffer): Packet {
		const packet = super.deserialize(type, message);
		const { sender, instanceID } = packet.payload as { sender?: string; instanceID?: string };
		const isImpostors = type === INFO && sender === this.nodeID && instanceID !== this.broker.instanceID;
		if (isImpostors) throw new Error(`Another process speaks as ${this.nodeID} without holding that id`);
		return packet;
	}

	/** Resolves once connected; later losses are repaired in the background. */
	override connect(): Promise<void> {
		this.stopping = new AbortController();
		return new Promise((resolve) => {
			this.staying = this.stayConnected(resolve);
		});
	}

	override async disconnect(): Promise<void> {
		this.stopping.abort();
		await this.link?.close();
		await this.staying;
		this.connectionCount = 0;
	}

	private async stayConnected(isUp: () => void): Promise<void> {
		for (let failures = 0; !this.stopping.signal.aborted;) {
			let reason: string;
			try {
				reason = await this.whileLinked(() => {
					if (failures > 0) logOf(this.broker).info("Calls between nodes go over RabbitMQ again");
					failures = 0;
					isUp();
				});
			} catch (error) {
				reason = (error as Error).message;
				if (error instanceof NodeIdTakenError) this.lookAtTaken(error);
			}
			if (this.stopping.signal.aborted) return;
			if (failures++ % FAILURES_PER_LINE === 0)
				logOf(this.broker).warn(`No calls between nodes, RabbitMQ is away: ${reason}`);
			await pause(pauseAfter(failures, RECONNECT), undefined, { signal: this.stopping.signal }).catch(() => undefined);
		}
	}

	/** @returns why the link has ended, after it was up */
	private async whileLinked(isUp: () => void): Promise<string> {
		const link = await openLink({
			url: this.url,
			name: `${this.nodeID} calls`,
			prefetch: this.prefetch,
			returned: (message) => this.returned(message),
		});
		// It was told to disconnect meanwhile, when there was nothing yet to close.
		if (this.stopping.signal.aborted) {
			await link.close();
			return "nobody needs it any more";
		}
		const probing = setInterval(() => this.probe(), PROBE_MS.every).unref();
		this.link = link;
		Object.assign(this, { connection: link.connection, channel: link.channel, bindings: [] });
		try {
			await Promise.race([this.hold(link).then(() => this.takeUp()), failWhenOver(link)]);
			isUp();
			return await link.ended;
		} finally {
			clearInterval(probing);
			this.letGo(link);
		}
	}

	/** @throws {NodeIdTakenError} */
	private async hold({ connection, end }: Link): Promise<void> {
		const isHeld = await holdId(channelsOn(connection), this.identity(), () => end("this node's id was let go of"));
		if (!isHeld) throw new NodeIdTakenError(this.url, this.identity());
		this.idTakenSinceMs = undefined;
	}

	/** Who has taken the id while this node was away keeps it; who is gone already is gone after a moment. */
	private lookAtTaken({ message }: NodeIdTakenError): void {
		this.idTakenSinceMs ??= performance.now();
		if (performance.now() - this.idTakenSinceMs < TAKEN_MS_MAX) return;
		if (this.onIdTaken) this.onIdTaken(message);
		else this.broker.fatal(message);
	}

	/** As Moleculer's own does it: subscriptions are not kept over a connection. */
	private async takeUp(): Promise<void> {
		this.connectionCount += 1;
		const isReconnect = this.connectionCount > 1;
		if (isReconnect) await this.transit.makeSubscriptions();
		const told = this.onConnected(isReconnect);
		for (const unsent of this.unsent.splice(0)) {
			if (performance.now() >= unsent.untilMs) continue;
			void this.answer(unsent).catch((error: unknown) => this.logger.error("An answer could not be sent:", error));
		}
		await told;
	}

	private letGo(link: Link): void {
		link.end("let go of");
		this.link = undefined;
		this.connected = false;
		Object.assign(this, { connection: null, channel: null });
		// A subscription that failed would be every later call's failure.
		Object.assign(this.transit, { subscribing: null });
		const waiting = [...this.transit.pendingRequests.keys()];
		setTimeout(() => this.giveUp(waiting), ANSWERS_WAIT_MS).unref();
	}

	private giveUp(ids: readonly string[]): void {
		for (const id of ids) {
			const request = this.transit.pendingRequests.get(id);
			if (!request) continue;
			this.transit.removePendingRequest(id);
			const { name: action } = request.action as unknown as { name: string };
			request.reject(new Errors.RequestRejectedError({ action, nodeID: request.nodeID }));
		}
	}

	private probe(): void {
		if (!this.connected) return;
		const waitedFor = new Set([...this.transit.pendingRequests.values()].map(({ nodeID }) => nodeID));
		for (const nodeId of waitedFor) void this.transit.sendPing(nodeId);
	}

	private returned({ fields: { routingKey } }: Message): void {
		const [, nodeId] = /^[^.]+\.(.+)$/.exec(routingKey.slice(this.prefix.length + 1)) ?? [];
		if (nodeId === undefined) return;
		const nowMs = performance.now();
		const missedForMs = nowMs - (this.missedAtMs.get(nodeId) ?? 0);
		if (!this.missedAtMs.has(nodeId) || missedForMs > PROBE_MS.row) {
			this.missedAtMs.set(nodeId, nowMs);
			return;
		}
		if (missedForMs < PROBE_MS.apart) return;
		this.missedAtMs.delete(nodeId);
		this.transit.discoverer.remoteNodeDisconnected(nodeId, true);
		// One that was known to be gone may have been asked all the same, in the last moment.
		this.transit.removePendingRequestByNodeID(nodeId);
	}

	override prepublish(packet: Packet): Promise<void> {
		// It would be carried out when the alarm is over, long after its caller was told that it has failed.
		if (packet.type === REQUEST && this.link?.isBlocked()) return Promise.reject(disconnected());
		if (packet.type !== RESPONSE) return super.prepublish(packet);
		return this.answer({ packet, untilMs: performance.now() + UNSENT.msMax });
	}

	/** An answer is kept until it can be sent: the work is done, and Moleculer would drop it without a word. */
	private async answer(answer: Unsent): Promise<void> {
		try {
			if (this.connected) return await super.prepublish(answer.packet);
		} catch (error) {
			// The link is being lost in this moment: the next one takes it.
			if (!(error instanceof Errors.BrokerDisconnectedError)) throw error;
		}
		if (this.unsent.length >= UNSENT.max) this.unsent.shift();
		this.unsent.push(answer);
	}

	override async send(
		topic: string,
		data: Buffer,
		{ packet, balanced }: { packet: Packet & { target?: string | null }; balanced?: boolean },
	): Promise<void> {
		const isForOne = balanced === true || (packet.target !== null && packet.target !== undefined);
		const { id } = packet.payload as { id?: string };
		const options = { mandatory: isForOne, ...(packet.type === REQUEST && { messageId: id }) };
		try {
			if (isForOne) this.link!.channel.sendToQueue(topic, data, options);
			else this.link!.channel.publish(topic, "", data, options);
		} catch {
			// It is being closed. Moleculer's own throws here, where its callers expect a rejection: a heartbeat ended the process.
			throw disconnected();
		}
	}

	override _consumeCB(command: string, needAck = false): (message: ConsumeMessage | null) => void {
		// What came on one channel can't be acknowledged on another: it would be another message's, or end the channel.
		const link = this.link!;
		return (message) => {
			if (message === null) return link.end("a queue of this node was deleted");
			if (!needAck) return void this.receive(command, message.content);
			const { messageId } = message.properties as { messageId?: string };
			const isAgain = message.fields.redelivered && messageId !== undefined && this.taken.has(messageId);
			if (messageId !== undefined) this.taken.add(messageId);
			const done = isAgain ? Promise.resolve() : Promise.resolve(this.receive(command, message.content));
			void done
				.catch((error: unknown) => this.logger.error("A request could not be handled:", error))
				.then(() => link.channel.ack(message))
				// The channel is gone: the request comes again, and is known then.
				.catch((error: Error) => this.logger.debug("A request could not be acknowledged:", error.message));
		};
	}
}

function disconnected(): Error {
	return new (Errors.BrokerDisconnectedError as unknown as new () => Error)();
}

async function failWhenOver(link: Link): Promise<never> {
	const reason = await Promise.race([
		link.ended,
		pause(TAKE_UP_MS_MAX, `RabbitMQ did not answer for ${TAKE_UP_MS_MAX / 1_000} s`, { ref: false }),
	]);
	throw new Error(reason);
}
