import { setTimeout as pause } from "node:timers/promises";
import type { Backoff } from "../backoff";
import { firstLetters, putBack } from "../dead-letters/visit";
import { BODY_BYTES_MAX, type EventTransport, type Log, type OutgoingMessage, type PublishOutcome } from "../transport";
import type { Publication } from "./confirms";
import { brokerConnection, type BrokerConnection } from "./connection";
import { startConsumer, type RabbitmqConsumer } from "./consumer";
import type { Claim, ClaimedError } from "./claims";
import { deadLetters } from "./dead-letters";
import { declarations } from "./declarations";
import { onChannel } from "./declare";
import { originOf } from "./history";
import { keptClaims } from "./kept-claims";
import { publisher } from "./publisher";

/** For handlers that still run; a message that is not acknowledged by then is delivered again. */
const CLOSE_TIMEOUT_MS = 10_000;

/** A dead queue ends the connection that asks it: what there is to say about that, the finding says. */
const UNHEARD: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface RabbitmqOptions {
	/** amqp://user:password@host:5672/virtual-host */
	url: string;
	/** Stands beside what this node gave up, and in RabbitMQ's list of connections. */
	node: string;
	/** Of the program; stands beside what it gave up. */
	release?: string;
	log: Log;
	/** At start; a lost connection is then repaired for ever. Default 10, about 15 s. */
	connectAttempts?: number;
	/** Between looks whether a conflict of the topology has been mended. Default from 1 s to 30 s. */
	conflictPause?: Backoff;
	/** What the program has claimed of the virtual host (`claimAll`): nothing leads to one where somebody else has it. */
	claims?: Claims;
}

export interface Claims {
	all: readonly Claim[];
	/** Somebody else has one of them now; whoever runs the program should end it. May be told more than once. */
	onLost(error: ClaimedError): void;
	/** Between looks. Default 10 s. */
	everyMs?: number;
}

const NO_CLAIMS: Claims = { all: [], onLost: () => undefined };

/**
 * Events over RabbitMQ, 3.10 or later: quorum queues, confirmed publishing, acknowledgement after the verdict was
 * carried out. Publishing and consuming have a connection each, as an alarm silences a connection that publishes.
 */
export function rabbitmqTransport(options: RabbitmqOptions): EventTransport {
	const { url, node, release, log, connectAttempts = 10, conflictPause, claims = NO_CLAIMS } = options;
	const kept = keptClaims({ claims: claims.all, onLost: claims.onLost, everyMs: claims.everyMs, log });
	const { admit } = kept;
	const publishing = brokerConnection({ url, name: `${node} publishing`, connectAttempts, admit, log });
	const consuming = brokerConnection({ url, name: `${node} consuming`, connectAttempts, admit, log });
	const declared = declarations({
		connection: consuming,
		open: openProbing,
		log,
		...(conflictPause && { conflictPause }),
	});
	const repair = (): Promise<void> => declared.repair();
	const publish = publisher(publishing, { log, onMissing: () => void repair() });
	const dead = deadLetters(consuming, publish, () => void repair());
	const consumers = new Set<RabbitmqConsumer>();

	/** It is no fault of the message, which loses no attempt, and none of what goes elsewhere. */
	function held({ exchange, routingKey }: OutgoingMessage): PublishOutcome | undefined {
		const reason = declared.refusal(exchange, routingKey);
		return reason === undefined ? undefined : { confirmed: false, reason, fault: "route" };
	}

	async function openProbing(): Promise<BrokerConnection> {
		const probing = brokerConnection({ url, name: `${node} probing`, connectAttempts: 1, log: UNHEARD });
		await probing.open();
		return probing;
	}

	return {
		kind: "rabbitmq",

		async connect() {
			await publishing.open();
			await consuming.open();
			await publish.ready();
			// RabbitMQ may come back without what was declared before.
			consuming.onUp(() => void repair());
			kept.watch(consuming);
		},

		declare: (topology) => declared.declare(topology),

		async publish(messages) {
			const outcomes = messages.map((message) => refusalOf(message) ?? held(message));
			const fitting = messages.filter((_, index) => outcomes[index] === undefined);
			const answers = (await publish.publish(fitting.map(publicationOf))).values();
			return outcomes.map((refusal) => refusal ?? answers.next().value!);
		},

		async consume(queue, handle) {
			const consumer = await startConsumer(queue, handle, {
				connection: consuming,
				publisher: publish,
				repair,
				inTheWay: () => declared.inTheWayOf(queue.name),
				worker: { node, release },
				log,
			});
			consumers.add(consumer);
			return {
				...consumer,
				async stop() {
					await consumer.stop();
					consumers.delete(consumer);
				},
			};
		},

		deadLetters: (queue, limit) => firstLetters(dead.visit, queue, limit),
		replay: (queue, ids) => putBack(dead.visit, queue, ids),
		visitDeadLetters: dead.visit,
		countDeadLetters: dead.count,
		countWaiting: (queue) => onChannel(consuming, async (channel) => (await channel.checkQueue(queue)).messageCount),

		canPublish: () => publish.isUp() && publishing.blocked() === undefined,

		missing() {
			if (!publish.isUp() || !consuming.isUp()) return ["rabbitmq"];
			const inConflict = new Set(declared.conflicts().map(({ of }) => of));
			const down = [...consumers].filter((consumer) => !consumer.isUp() && !inConflict.has(consumer.queue));
			// Several queues lack the same database.
			return [...new Set(down.map((consumer) => consumer.lacking() ?? `rabbitmq queue ${consumer.queue}`))];
		},
		conflicts: () => declared.conflicts(),

		async close() {
			kept.close();
			declared.close();
			const stopped = Promise.all([...consumers].map((consumer) => consumer.stop()));
			await Promise.race([stopped, pause(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
			await publish.close();
			await Promise.all([publishing.close(), consuming.close()]);
		},
	};
}

function refusalOf({ body }: OutgoingMessage): PublishOutcome | undefined {
	// Bytes are at least as many as characters, and three times as many at most.
	if (body.length * 3 <= BODY_BYTES_MAX) return undefined;
	const length = Buffer.byteLength(body);
	if (length <= BODY_BYTES_MAX) return undefined;
	return {
		confirmed: false,
		reason: `its body of ${length} bytes is over the limit of ${BODY_BYTES_MAX}`,
		fault: "message",
	};
}

function publicationOf(message: OutgoingMessage): Publication {
	const { exchange, routingKey, queue } = message;
	return {
		...(queue === undefined ? { exchange, routingKey } : { exchange: "", routingKey: queue }),
		body: Buffer.from(message.body),
		mandatory: message.mandatory,
		properties: {
			...(queue !== undefined && { headers: originOf({ exchange, routingKey }) }),
			messageId: message.eventId,
			type: message.eventType,
			correlationId: message.correlationId,
			timestamp: Math.floor(message.timestamp.getTime() / 1_000),
			contentType: "application/json",
		},
	};
}
