import { assertSameArguments, assertSameProperty, type Arguments } from "./arguments";
import { deadline } from "./deadline";
import { locked } from "./errors";
import { forwarding } from "./forwarding";
import { lease } from "./lease";
import { line, type Consumer, type Held } from "./line";
import { deadLetter, type DeathReason, type Message } from "./message";
import { store, type Entry } from "./store";
import type { Surroundings } from "./surroundings";

export interface QueueDeclaration {
	readonly name: string;
	readonly durable: boolean;
	readonly exclusive: boolean;
	readonly autoDelete: boolean;
	readonly arguments: Arguments;
}

/** What a queue needs of the virtual host. */
export interface QueueSurroundings extends Surroundings {
	/** @returns how many queues it was routed to; `confirmed` hears when all have it, or when one of them is gone */
	publish(message: Message, confirmed: (isTaken: boolean) => void): number;
	/** It is to be deleted, by itself. */
	remove(queue: Queue): void;
}

export interface Queue extends QueueDeclaration {
	readonly isQuorum: boolean;
	/** The connection that has it for itself alone. */
	readonly owner: number | undefined;
	/** `returns`: of the message that came back most often. `heldUpMs`: of the one that another in front of it made wait longest. */
	counts(): { ready: number; unacknowledged: number; consumers: number; returns: number; heldUpMs: number };
	/** Of all that it has taken and not lost again, what is in somebody's hands included. */
	bodies(): readonly Buffer[];
	/** Takes a message, and tells when it has it; not, if the queue is gone. */
	take(message: Message, confirmed: (isTaken: boolean) => void): void;
	/** @throws what an inequivalent declaration is refused with */
	assertSame(declaration: QueueDeclaration): void;
	/** Somebody has asked for it: its lease begins anew. */
	touch(): void;
	/** Who consumes has to `serve` when it is told so. */
	add(consumer: Consumer): void;
	/** What it has in its hands stays there. */
	remove(consumer: Consumer): void;
	/** Delivers what can be. */
	serve(): void;
	get(): Entry | undefined;
	/** It is in somebody's hands, until it is settled. */
	hold(held: Held): void;
	acknowledge(held: readonly Held[]): void;
	reject(held: readonly Held[]): void;
	/** @param isLoss its consumer is gone, and has not said so of the message */
	giveBack(held: readonly Held[], isLoss: boolean): void;
	purge(): number;
	/** It answers nothing, and takes nothing. */
	silence(): void;
	speak(): void;
	isSilent(): boolean;
	/** Once, when it speaks again or is gone. */
	onSpeak(listener: () => void): void;
	/** The server stops while it is silent: what is not durable is gone, and of what it has not committed perhaps a part. */
	crash(): void;
	/** @returns its consumers, and how many messages were ready */
	end(): { consumers: readonly Consumer[]; ready: number };
}

interface Waiting {
	message: Message;
	confirmed(isTaken: boolean): void;
}

export function queueOf(declaration: QueueDeclaration, owner: number | undefined, world: QueueSurroundings): Queue {
	const { name, durable, arguments: args } = declaration;
	const isQuorum = args["x-queue-type"] === "quorum";
	const ttlMs = args["x-message-ttl"] as number | undefined;
	const limit = args["x-delivery-limit"] as number | undefined;
	const deadExchange = args["x-dead-letter-exchange"] as string | undefined;
	const deadKey = args["x-dead-letter-routing-key"] as string | undefined;
	const isSafeDeath = isQuorum && args["x-dead-letter-strategy"] === "at-least-once";
	const ready = store();
	const consumers = line(args["x-single-active-consumer"] === true);
	const inHands = new Set<Held>();
	const dead = forwarding(name, world);
	let waiting: Waiting[] = [];
	let deferred: (() => void)[] = [];
	let listeners: (() => void)[] = [];
	let places = 0;
	let mostReturns = 0;
	let heldUpMs = 0;
	let isSilent = false;
	let isOver = false;
	let hadConsumer = false;
	let hasCrashed = false;
	const head = deadline(world, () => {
		if (isSilent) return;
		expire();
		watchHead();
	});
	const leased = lease(args["x-expires"] as number | undefined, world, {
		isUsed: () => consumers.size() > 0 || isSilent,
		over: () => world.remove(queue),
	});

	/** A silent queue forgets it, and offers it again when it speaks. */
	function offer(what: string, work: () => void): void {
		if (isSilent || isOver) return;
		world.soon(`${what} ${name}`, () => {
			if (!isSilent && !isOver) work();
		});
	}

	function whenSpeaking(work: () => void): void {
		if (isOver) return;
		if (isSilent) deferred.push(work);
		else work();
	}

	function commit(): void {
		const batch = waiting;
		waiting = [];
		for (const { message } of batch) put(message);
		for (const { confirmed } of batch) confirmed(true);
		serve();
	}

	function put(message: Message): void {
		const { expiration } = message.properties;
		const ownMs = expiration === undefined ? Infinity : Number(expiration);
		const livesMs = Math.min(ttlMs ?? Infinity, ownMs);
		const expiresAtMs = livesMs === Infinity ? undefined : world.nowMs() + livesMs;
		ready.add({ message, place: ++places, expiresAtMs, returns: 0 });
	}

	function serve(): void {
		if (isSilent || isOver) return;
		if (!isQuorum) deliver();
		else if (ready.size() > 0 && consumers.next()) offer("deliver", deliver);
		watchHead();
	}

	function deliver(): void {
		for (;;) {
			expire();
			const consumer = ready.size() > 0 ? consumers.next() : undefined;
			if (!consumer) break;
			const entry = ready.shift()!;
			consumers.served(consumer);
			consumer.deliver(entry);
		}
		watchHead();
	}

	/** What has outlived its time, from the head on. */
	function expire(): void {
		let headMs = 0;
		for (let first = ready.first(); first; first = ready.first()) {
			const { expiresAtMs = Infinity } = first;
			if (expiresAtMs > world.nowMs()) break;
			headMs = Math.max(headMs, expiresAtMs);
			heldUpMs = Math.max(heldUpMs, headMs - expiresAtMs);
			ready.shift();
			die(first, "expired");
		}
	}

	function watchHead(): void {
		head.set(isSilent || isOver ? undefined : ready.first()?.expiresAtMs);
	}

	function die({ message }: Entry, reason: DeathReason): void {
		if (deadExchange === undefined) return;
		const death = { queue: name, reason, exchange: deadExchange, routingKey: deadKey, nowMs: world.nowMs() };
		const letter = deadLetter(message, death);
		if (isSafeDeath) dead.forward(letter);
		else world.publish(letter, () => undefined);
	}

	function giveBack(held: Held, isLoss: boolean): void {
		const { entry } = held;
		mostReturns = Math.max(mostReturns, ++entry.returns);
		if (!isQuorum) ready.returnToPlace(entry);
		else if (limit !== undefined && entry.returns > limit) die(entry, "delivery_limit");
		// Without a limit RabbitMQ writes it anew when a consumer gives it back, at the end.
		else if (limit === undefined && !isLoss) ready.add(entry);
		else ready.returnToFront(entry);
	}

	/** @returns those that were in somebody's hands until now */
	function taken(held: readonly Held[]): Held[] {
		return held.filter((each) => inHands.delete(each));
	}

	const queue: Queue = {
		...declaration,
		isQuorum,
		owner,
		isSilent: () => isSilent,
		counts() {
			// A quorum queue knows who holds a message as a consumer, also one that has only looked.
			const holders = isQuorum ? [...inHands].map(({ consumer, by }) => consumer ?? by) : [];
			const known = new Set<object>([...consumers.all(), ...holders]);
			return {
				ready: ready.size(),
				unacknowledged: inHands.size,
				consumers: known.size,
				returns: mostReturns,
				heldUpMs,
			};
		},
		bodies: () => [...ready.all(), ...[...inHands].map(({ entry }) => entry)].map(({ message }) => message.body),
		take(message, confirmed) {
			if (isOver) return confirmed(false);
			waiting.push({ message, confirmed });
			if (isQuorum) offer("commit", commit);
			else if (!isSilent) commit();
		},
		assertSame(other) {
			if (declaration.exclusive !== other.exclusive) throw locked(name);
			assertSameProperty("queue", name, "durable", other.durable, durable);
			assertSameProperty("queue", name, "auto_delete", other.autoDelete, declaration.autoDelete);
			assertSameArguments("queue", name, other.arguments, args);
		},
		touch: leased.renew,
		add(consumer) {
			hadConsumer = true;
			consumers.add(consumer);
		},
		remove: (consumer) =>
			whenSpeaking(() => {
				if (!consumers.remove(consumer)) return;
				if (consumers.size() > 0) return serve();
				if (declaration.autoDelete && hadConsumer) world.remove(queue);
				else leased.renew();
			}),
		serve,
		get() {
			leased.renew();
			expire();
			const entry = ready.shift();
			watchHead();
			return entry;
		},
		hold: (held) => void inHands.add(held),
		acknowledge: (held) => whenSpeaking(() => taken(held).length > 0 && serve()),
		reject: (held) =>
			whenSpeaking(() => {
				for (const { entry } of taken(held)) die(entry, "rejected");
				serve();
			}),
		giveBack: (held, isLoss) =>
			whenSpeaking(() => {
				for (const each of taken(held)) giveBack(each, isLoss);
				serve();
			}),
		purge: () => ready.clear(),
		silence() {
			isSilent = true;
			watchHead();
		},
		speak() {
			if (!isSilent) return;
			isSilent = false;
			if (hasCrashed) dead.restart();
			hasCrashed = false;
			for (const work of deferred.splice(0)) work();
			if (waiting.length > 0) {
				if (isQuorum) offer("commit", commit);
				else commit();
			}
			expire();
			serve();
			if (consumers.size() === 0) leased.renew();
			for (const listener of listeners.splice(0)) listener();
		},
		onSpeak: (listener) => void listeners.push(listener),
		crash() {
			for (const work of deferred.splice(0)) work();
			const survivors = isQuorum ? Math.floor(world.random() * (waiting.length + 1)) : 0;
			for (const { confirmed } of waiting.splice(survivors)) confirmed(false);
			hasCrashed = true;
			if (!isQuorum) ready.keep(({ message }) => message.properties["deliveryMode"] === 2);
		},
		end() {
			isOver = true;
			watchHead();
			leased.end();
			dead.end();
			const left = consumers.all();
			for (const { confirmed } of waiting.splice(0)) confirmed(false);
			deferred = [];
			inHands.clear();
			for (const listener of listeners.splice(0)) listener();
			return { consumers: left, ready: ready.size() };
		},
	};
	leased.renew();
	return queue;
}
