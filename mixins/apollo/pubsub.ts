import { Errors } from "moleculer";

/** The broadcast by which any service tells every gateway that something has happened. */
export const PUBLISH_EVENT = "graphql.publish";

interface Broadcaster {
	broadcast(event: string, data: unknown): Promise<unknown>;
}

/**
 * Hands a payload to the subscriptions that listen to the tag, on every gateway. Fire and forget: a gateway that is
 * cut off misses it, so a subscription begins with the current state and never counts on having heard everything.
 */
export async function publish(from: Broadcaster, tag: string, payload: unknown): Promise<void> {
	await from.broadcast(PUBLISH_EVENT, { tag, payload });
}

export type EventStream<Payload> = Required<AsyncIterableIterator<Payload, undefined>>;

export interface PubSub {
	publish(tag: string, payload: unknown): void;
	/** Listens from this very call on; ends with `return()`. */
	asyncIterator<Payload>(tags: string | readonly string[]): EventStream<Payload>;
}

/** The client takes its events more slowly than they come. Subscribing again brings it up to date. */
export class FellBehindError extends Errors.MoleculerError {
	constructor(maxPending: number) {
		super(`The subscription fell behind by more than ${maxPending} events`, 503, "OVERLOADED", { retryAfter: 1 });
	}
}

/** Payloads by tag, in order, within one process. A listener that falls behind by more than `maxPending` is ended. */
export function createPubSub(maxPending: number): PubSub {
	const listeners = new Map<string, Set<(payload: unknown) => void>>();

	const listen = (tag: string, push: (payload: unknown) => void) => {
		const others = listeners.get(tag);
		if (others) others.add(push);
		else listeners.set(tag, new Set([push]));
	};
	const forget = (tag: string, push: (payload: unknown) => void) => {
		const others = listeners.get(tag);
		if (others?.delete(push) && others.size === 0) listeners.delete(tag);
	};

	return {
		publish(tag, payload) {
			for (const push of listeners.get(tag) ?? []) push(payload);
		},
		asyncIterator<Payload>(tags: string | readonly string[]) {
			const all = typeof tags === "string" ? [tags] : tags;
			const { push, stream } = eventStream<Payload>(maxPending, () => {
				for (const tag of all) forget(tag, push);
			});
			for (const tag of all) listen(tag, push);
			return stream;
		},
	};
}

function eventStream<Payload>(maxPending: number, onEnd: () => void) {
	const done = { done: true, value: undefined } as const;
	const pending: Payload[] = [];
	const waiting: ((result: IteratorResult<Payload, undefined>) => void)[] = [];
	let ended = false;
	let failure: Error | undefined;

	const end = (error?: Error) => {
		if (ended) return;
		ended = true;
		failure = error;
		pending.length = 0;
		for (const resolve of waiting.splice(0)) resolve(done);
		onEnd();
	};
	const push = (payload: unknown) => {
		const resolve = waiting.shift();
		if (resolve) resolve({ done: false, value: payload as Payload });
		else if (pending.length === maxPending) end(new FellBehindError(maxPending));
		else pending.push(payload as Payload);
	};

	const stream: EventStream<Payload> = {
		async next() {
			if (failure) {
				const error = failure;
				failure = undefined;
				throw error;
			}
			if (pending.length > 0) return { done: false, value: pending.shift()! };
			if (ended) return done;
			return new Promise((resolve) => void waiting.push(resolve));
		},
		async return() {
			end();
			return done;
		},
		async throw(error) {
			end();
			throw error;
		},
		[Symbol.asyncIterator]() {
			return stream;
		},
	};
	return { push, stream };
}
