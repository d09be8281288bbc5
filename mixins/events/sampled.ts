import type { ServiceBroker } from "moleculer";

/** As often as Prometheus usually asks. */
const SAMPLE_MS = 15_000;

/** A figure that has to be asked for. */
export interface Gauge {
	/** With its unit, where it has one. */
	name: string;
	description: string;
	label: "service" | "queue";
}

/**
 * Asks for figures now and then and shows them as gauges; on a broker without metrics, never.
 * @param ask for the value of each gauge and label; what it throws leaves the last ones
 * @returns what ends it
 */
export function sample(
	broker: ServiceBroker,
	gauges: readonly Gauge[],
	ask: () => Promise<readonly { name: string; of: string; value: number }[]>,
	failed: (error: Error) => void,
): () => void {
	const { metrics } = broker;
	if (!metrics.isEnabled()) return () => undefined;
	const labels = new Map(gauges.map(({ name, label }) => [name, label]));
	for (const { name, description, label } of gauges) {
		// Services of one node share the registry.
		if (!metrics.getMetric(name)) metrics.register({ type: "gauge", name, description, labelNames: [label] });
	}
	let asking = false;
	const look = async (): Promise<void> => {
		if (asking) return;
		asking = true;
		try {
			for (const { name, of, value } of await ask()) metrics.set(name, value, { [labels.get(name)!]: of });
		} catch (error) {
			failed(error as Error);
		} finally {
			asking = false;
		}
	};
	void look();
	const timer = setInterval(() => void look(), SAMPLE_MS);
	return () => clearInterval(timer);
}
