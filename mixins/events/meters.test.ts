import { ServiceBroker } from "moleculer";
import { outboxMeter, queueMeter } from "./meters";

function brokerWith(metrics: boolean): ServiceBroker {
	return new ServiceBroker({ logger: false, metrics: { enabled: metrics, reporter: [] } });
}

test("what is counted and timed of an outbox is found under its service", () => {
	const broker = brokerWith(true);
	const meter = outboxMeter(broker, "orders");

	meter.count("outbox.published", 3);
	meter.count("outbox.published");
	meter.time("outbox.confirm.time", 12);

	const published = broker.metrics.getMetric("outbox.published")!.toObject();
	const times = broker.metrics.getMetric("outbox.confirm.time")!.toObject();
	expect(published).toMatchObject({ type: "counter", labelNames: ["service"] });
	expect(published.values).toEqual([expect.objectContaining({ labels: { service: "orders" }, value: 4 })]);
	expect(times).toMatchObject({ type: "histogram", unit: "millisecond" });
	expect(times.values).toEqual([expect.objectContaining({ labels: { service: "orders" }, count: 1, sum: 12 })]);
	expect(times.values).toMatchObject([{ buckets: { 10: 0, 25: 1 } }]);
});

test("nothing is counted where there is nothing", () => {
	const broker = brokerWith(true);

	outboxMeter(broker, "orders").count("outbox.refused", 0);

	expect(broker.metrics.getMetric("outbox.refused")!.toObject().values).toEqual([]);
});

test("two queues of one node share the registry, and have figures of their own", () => {
	const broker = brokerWith(true);

	queueMeter(broker, "orders.checkout").count("events.delivered");
	queueMeter(broker, "orders.seen").count("events.delivered", 2);

	expect(broker.metrics.getMetric("events.delivered")!.toObject().values).toMatchObject([
		{ labels: { queue: "orders.checkout" }, value: 1 },
		{ labels: { queue: "orders.seen" }, value: 2 },
	]);
});

test("on a broker without metrics nothing is measured", () => {
	const broker = brokerWith(false);
	const meter = outboxMeter(broker, "orders");

	meter.count("outbox.published", 3);
	meter.time("outbox.confirm.time", 12);

	expect(broker.metrics.getMetric("outbox.published")).toBeNull();
});
