import type { LetterVisit, LetterVisitor } from "./dead-letters/visit";
import type { QueueSpec, Topology, TopologyConflict } from "./topology";

/**
 * The longest body, in bytes of UTF-8. Events are about 1 kB; a longer one is refused when it is published, and one
 * that somebody else has sent is a dead letter at once.
 */
export const BODY_BYTES_MAX = 1024 * 1024;

/** Where a transport says what happens to it. Moleculer's logger is one. */
export interface Log {
	info(...words: unknown[]): void;
	warn(...words: unknown[]): void;
	error(...words: unknown[]): void;
}

/** The node at work, and the release of the program that it runs, where that was said. */
export interface Worker {
	node: string;
	release: string | undefined;
}

/** One event on its way out. */
export interface OutgoingMessage {
	exchange: string;
	routingKey: string;
	eventId: string;
	eventType: string;
	correlationId: string;
	timestamp: Date;
	/** The envelope as JSON text, {@link BODY_BYTES_MAX} at most. */
	body: string;
	/** A queue must be bound for it; without one the message counts as not published. */
	mandatory: boolean;
	/** Into this queue alone, as if it had come through its exchange. */
	queue?: string;
}

/** What became of a published message: durably taken by the broker, or why not. */
export type PublishOutcome =
	| { confirmed: true }
	/**
	 * `fault: "message"`: this message alone can't be published. `fault: "route"`: nothing that goes to this exchange with
	 * this routing key can at present, and everything else can. Without a fault the broker is in trouble, and so are all.
	 */
	| { confirmed: false; reason: string; fault?: "message" | "route" };

/** One message as a consumer gets it. */
export interface Delivery {
	queue: string;
	/** Where it was first published, also after retries and replays. */
	exchange: string;
	routingKey: string;
	messageId: string | undefined;
	body: Buffer;
	/** 1 at the first delivery, counted over retries. */
	attempt: number;
	/** How often it came back without an answer since it was last put into the queue: its consumer, or the way there, was lost. */
	returned: number;
}

/** Why a handler did not succeed. */
export interface Failure {
	/** Machine-readable, e.g. `UNREADABLE_EVENT`. */
	code: string;
	message: string;
	/** 8 KB at most. */
	stack: string | undefined;
}

/** Attempts that were made of one delivery, where it stood. */
export interface AttemptsInPlace {
	attempts: number;
	firstFailedAt: Date;
}

/** What the transport shall do with a delivery. */
export type Verdict =
	| { kind: "done" }
	/** Again after the queue's next delay; dead when none is left. */
	| { kind: "retry"; failure: Failure }
	| { kind: "dead"; failure: Failure; inPlace?: AttemptsInPlace }
	/** Nobody has worked on it: it keeps its place in the queue, and is delivered again when this consumer has stopped. */
	| { kind: "left" };

/** A message that nobody will try again by itself. */
export interface DeadLetter {
	queue: string;
	/** How an operator names it: its event_id, where it has one. */
	id: string;
	eventId: string | undefined;
	/** As its body claims. */
	eventType: string | undefined;
	/** Where it was first published. */
	exchange: string;
	routingKey: string;
	/** Cut off when it is longer than {@link BODY_BYTES_MAX}; a replay sends the whole. */
	body: string;
	/** Length of the whole body. */
	bytes: number;
	attempts: number;
	firstFailedAt: Date;
	diedAt: Date;
	failure: Failure;
	/** The service whose queue it is. */
	service: string;
	/** The node that gave up, and the release that it ran, where that is known. */
	node: string;
	release: string | undefined;
}

export interface Consumer {
	/** Takes no new delivery, waits for those in work. */
	stop(): Promise<void>;
	/**
	 * Takes no new delivery, and lets go of those that it holds without an answer: they keep their place and their
	 * attempts, and other nodes get them. What their handlers still say is not heard, unless it can be carried out.
	 * @param lacking what is missing for its work, for {@link EventTransport.missing}
	 */
	pause(lacking: string): void;
	/** Takes deliveries again. */
	resume(): void;
}

/**
 * What carries events between services. RabbitMQ is one, PostgreSQL the other; one suite proves both
 * (`tests/mixins/transport.contract.ts`). At least once, never less: a message leaves its queue only after its
 * verdict was carried out durably.
 */
export interface EventTransport {
	readonly kind: "rabbitmq" | "postgres";
	/** Resolves once connected; later losses are repaired in the background. */
	connect(): Promise<void>;
	/**
	 * Declares exchanges, queues and bindings; idempotent, safe on several nodes at once. What exists and is another one
	 * does not reject it: see {@link conflicts}.
	 */
	declare(topology: Topology): Promise<void>;
	/**
	 * One outcome per message, in their order. Never rejects for a broker's fault: the outcome says it. A message that
	 * is not confirmed may have been taken nevertheless, and one may fail where a later one of the batch succeeds.
	 */
	publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]>;
	/** Survives reconnects. `handle` must not throw. */
	consume(queue: QueueSpec, handle: (delivery: Delivery) => Promise<Verdict>): Promise<Consumer>;
	/** Oldest first, without removing them. */
	deadLetters(queue: string, limit: number): Promise<DeadLetter[]>;
	/** Puts dead letters back on their own queue with their event_id, and tells how many it moved. */
	replay(queue: string, ids: readonly string[] | "all"): Promise<number>;
	/** Goes through a queue's dead letters, oldest first, some at a time, and carries out what the visitor decides. */
	visitDeadLetters(queue: string, visitor: LetterVisitor): Promise<LetterVisit>;
	/** How many there are. While somebody goes through them, RabbitMQ counts only those that are not in their hands. */
	countDeadLetters(queue: string): Promise<number>;
	/** How many messages wait in a queue, without those in the hands of consumers. */
	countWaiting(queue: string): Promise<number>;
	/**
	 * Whether the broker takes messages from this process now. Where it does not, another node's relay may: one that is
	 * not cut off. A single queue in trouble changes nothing here, since it is the same trouble for every node.
	 */
	canPublish(): boolean;
	/** What is missing to do its job now, as short names; empty when healthy. */
	missing(): string[];
	/**
	 * What of the declared topology can't be used as it is. Until somebody has mended it, its queue is not consumed, and
	 * what would go there is not published: it stays where it is safe. What is mended is taken up by itself.
	 */
	conflicts(): readonly TopologyConflict[];
	close(): Promise<void>;
}
