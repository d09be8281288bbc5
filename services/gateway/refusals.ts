import { METRIC, type ServiceBroker } from "moleculer";
import type { Urgency } from "./urgency";

const NAME = "gateway.refused";

/** Counts what is refused for want of time, for whoever watches the node's metrics. */
export function countRefusals(): { count(urgency: Urgency): void; show(broker: ServiceBroker): void } {
	let metrics: ServiceBroker["metrics"] | undefined;
	return {
		count: (urgency) => metrics?.increment(NAME, { urgency }),
		show(broker) {
			if (!broker.metrics.isEnabled()) return;
			metrics = broker.metrics;
			metrics.register({
				type: METRIC.TYPE_COUNTER,
				name: NAME,
				description: "Requests that were refused because there was too much to do",
				labelNames: ["urgency"],
			});
		},
	};
}
