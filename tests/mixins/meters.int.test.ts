import { randomUUID } from "node:crypto";
import { ServiceBroker, type Service } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { consumer, Events, on } from "../../mixins/events/events.mixin";
import type { Topology } from "../../mixins/events/topology";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { transports } from "../support/servers";
import { until } from "../support/until";
import { anyTransport } from "./any-transport";
import { cause, LetterWritten } from "./letters";
import { mixinDatabase } from "./mixin-database";

type Letters = Service & WithDatabase & WithOutbox;

test.each(transports)("what happens to events over %s is counted and timed", async (kind) => {
	await using database = await mixinDatabase({ letters: ["create_event_tables"], readers: ["create_event_tables"] });
	const reading = consumer<Service>(
		{ name: "readers.desk", retryDelaysMs: [] },
		on(LetterWritten, async (_tx, { data }) => {
			if (data.text === "poison") throw new Error("It can't be read");
		}),
	);
	const topology: Topology = { exchanges: ["letters.events"], queues: [reading.queue] };
	await using post = await anyTransport(kind, database, topology);
	const { transport } = post;
	const broker = new ServiceBroker({ logger: false, metrics: { enabled: true, reporter: [] } });
	const { url } = database;
	const letters = broker.createService({
		name: "letters",
		mixins: [Outbox({ schema: "letters", transport, topology }), Database({ url })],
	}) as unknown as Letters;
	broker.createService({
		name: "readers",
		mixins: [Events({ schema: "readers", transport, consumers: [reading] }), Database({ url })],
	});
	await broker.start();
	await using _node = { [Symbol.asyncDispose]: async () => broker.stop() };
	const counted = (name: string, labels: object): unknown => broker.metrics.getMetric(name)?.get(labels)?.value ?? 0;

	for (const text of ["good", "good", "poison"]) {
		await letters.db.transaction((tx) => letters.publish(tx, LetterWritten({ letterId: randomUUID(), text }), cause));
	}
	await until(() => counted("events.buried", { queue: "readers.desk" }) === 1, { what: "the poison to be buried" });
	await until(() => counted("events.delivered", { queue: "readers.desk" }) === 3, { what: "all to be delivered" });
	const published = counted("outbox.published", { service: "letters" });
	const timed = ["outbox.confirm.time", "events.latency.time", "events.handling.time"].map((name) =>
		JSON.stringify(broker.metrics.getMetric(name)!.snapshot()),
	);

	expect(published).toBe(3);
	for (const snapshot of timed) expect(snapshot).toMatch(/"count":[1-9]/);
});
