import { randomUUID } from "node:crypto";
import type { Context, Service } from "moleculer";
import type { PubSub } from "./pubsub";

/** What each resolver gets as its third argument. */
export interface GraphQLContext {
	ctx: Context;
	service: Service;
	/** By action; made for each request, and for each event of a subscription, since what they hold goes stale. */
	dataLoaders: Map<string, unknown>;
}

/** The same, over a WebSocket. */
export interface SocketContext extends GraphQLContext {
	/**
	 * The payloads published with the tag, from this very call on, in order. So a subscription that calls it first,
	 * then asks for the current state, misses nothing of what gets here. It ends with the subscription.
	 *
	 * A broadcast may get lost: with `remindMs` it yields `undefined` every so often, a reason to look for oneself.
	 */
	events<Payload>(tag: string): AsyncIterableIterator<Payload>;
	events<Payload>(tag: string, options: { remindMs: number }): AsyncIterableIterator<Payload | undefined>;
	endEvents(): void;
}

export function socketContext(service: Service, ctx: Context, pubsub: PubSub): SocketContext {
	const endings: (() => void)[] = [];
	return {
		ctx,
		service,
		dataLoaders: new Map(),
		events<Payload>(tag: string, { remindMs }: { remindMs?: number } = {}) {
			const reminder = randomUUID();
			const stream = pubsub.asyncIterator<Payload>([tag, reminder]);
			endings.push(() => void stream.return());
			if (remindMs) {
				const timer = setInterval(() => pubsub.publish(reminder, undefined), remindMs);
				endings.push(() => clearInterval(timer));
			}
			return stream;
		},
		endEvents() {
			for (const end of endings.splice(0)) end();
		},
	};
}
