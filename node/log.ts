import type { Logger, ServiceBroker } from "moleculer";

/** The node's own words; those of Moleculer's broker are quieter. */
export function logOf(broker: ServiceBroker): Logger {
	return broker.getLogger("node");
}
