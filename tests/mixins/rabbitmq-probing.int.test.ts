import { declarationsOf } from "../../mixins/events/rabbitmq/queues";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { NOTHING_TO_GET, withheld } from "../support/amqp-frames";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { messageTo, recorder } from "./transport.stage";

const HASTY = { firstMs: 20, maxMs: 100 };

describeOnRabbitMQ("RabbitMQ, when nobody can find out whether its queues answer", () => {
	const here = onRabbitMQ();

	test("those that were silent are taken for silent, until they have answered", async () => {
		const { exchange, queue } = here.names();
		const said: string[] = [];
		const say = (sentence: string): void => void said.push(sentence);
		const log = { info: say, warn: say, error: say };
		const transport = rabbitmqTransport({ url: here.wire.url, node: "looking", log, conflictPause: HASTY });
		try {
			await transport.connect();
			const names = declarationsOf(queue).map(({ name }) => name);
			here.wire.meddle(withheld(NOTHING_TO_GET, undefined, Infinity).change);
			await transport.declare({ exchanges: [exchange], queues: [queue] });
			const seen = recorder();
			await transport.consume(queue, seen.handle);

			here.wire.meddle(withheld(NOTHING_TO_GET, () => here.wire.cut(), Infinity).change);
			await until(() => said.some((sentence) => sentence.includes("could not be found out")), {
				what: "a look in vain",
			});

			expect(transport.conflicts().map(({ name }) => name)).toEqual(expect.arrayContaining(names));
			expect(said.filter((sentence) => sentence.includes("now as it should be"))).toEqual([]);

			here.wire.meddle();
			await until(() => transport.conflicts().length === 0, { what: "their answer" });
			await until(async () => (await transport.publish([messageTo(exchange)]))[0]!.confirmed, { what: "a confirm" });
			await until(() => seen.deliveries.length > 0, { what: "the message" });
		} finally {
			await transport.close();
		}
	});
});
