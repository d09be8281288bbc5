import { ServiceBroker } from "moleculer";
import type { EventTransport } from "../../mixins/events/transport";
import { readingParams } from "../../mixins/params/reading";
import { readSettings } from "../../node/settings";
import type { Resources } from "../../services/resources";

/** A node that knows no other, and reads what it is sent as the shop's do. */
export function openBroker(nodeID: string): ServiceBroker {
	return new ServiceBroker({ nodeID, logger: false, transporter: null, validator: readingParams() });
}

/**
 * What a service needs that is alone with its database, in a shop whose currency is USD. Its events stay in its outbox.
 * @param consume takes what the service does with events, where it listens to any
 */
export function aloneOn(url: string, consume?: EventTransport["consume"]): Resources {
	const transport = {
		kind: "postgres",
		canPublish: () => false,
		publish: async (messages: unknown[]) => messages.map(() => ({ confirmed: false, reason: "nobody is there" })),
		consume,
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
