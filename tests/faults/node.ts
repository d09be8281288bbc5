import { ServiceBroker, type TransporterConfig } from "moleculer";
import type { Part } from "./member";

/** A Moleculer node as the product runs it: it says what troubles it, and hears of the others over RabbitMQ. */
export function nodeOf({ name, transporterUrl }: Part, logLevel: "warn" | "error"): ServiceBroker {
	return new ServiceBroker({
		nodeID: name,
		logger: true,
		logLevel,
		transporter: {
			type: "AMQP",
			options: { url: transporterUrl, prefetch: 100, socketOptions: { noDelay: true } },
		} as TransporterConfig,
	});
}
