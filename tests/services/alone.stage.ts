import { ServiceBroker, type Service } from "moleculer";
import { AccessControl } from "../../mixins/access/access";
import type { Delivery, EventTransport, Verdict } from "../../mixins/events/transport";
import { readingParams } from "../../mixins/params/reading";
import { readSettings } from "../../node/settings";
import type { Resources } from "../../services/resources";

/** A node that knows no other. It lets in whom the shop's nodes do, and reads what it is sent as they do. */
export function openBroker(nodeID: string): ServiceBroker {
	return new ServiceBroker({
		nodeID,
		logger: false,
		transporter: null,
		validator: readingParams(),
		middlewares: [AccessControl],
	});
}

/** What takes the deliveries of a queue. */
export type Receive = (delivery: Delivery) => Promise<Verdict>;

/**
 * What a service is made with that has no other beside it: what it publishes stays in its outbox.
 * @param queues gets who takes the deliveries of each of its queues
 */
export function aloneOn(url: string, queues = new Map<string, Receive>()): Resources {
	const transport = {
		kind: "postgres",
		canPublish: () => false,
		publish: async (messages: unknown[]) => messages.map(() => ({ confirmed: false, reason: "nobody is there" })),
		async consume({ name }: { name: string }, receive: Receive) {
			queues.set(name, receive);
			return { stop: async () => undefined, pause: () => undefined, resume: () => undefined };
		},
	} as unknown as EventTransport;
	return {
		settings: readSettings({ CURRENCY: "USD", DATABASE_URL: url }),
		transport,
		topology: { exchanges: [], queues: [] },
		database: () => ({ url }),
		shopId: () => undefined,
		jwtSecret: "",
		publicUrl: () => undefined,
		missing: () => [],
		absent: () => [],
		alone: true,
	};
}

/** What a service's log warns of from now on. */
export function warningsOf({ logger }: Service): string[] {
	const warnings: string[] = [];
	const warn = (...words: unknown[]): void => void warnings.push(words.join(" "));
	Object.assign(logger, { warn, error: warn });
	return warnings;
}
