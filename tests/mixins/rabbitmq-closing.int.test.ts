import { connect } from "amqplib";
import { claimAll, ClaimedError, type Claim } from "../../mixins/events/rabbitmq/claims";
import { channelsOn } from "../../mixins/events/rabbitmq/connection";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import { CLOSED, withheld } from "../support/amqp-frames";
import { describeOnRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import { onRabbitMQ } from "./rabbitmq.stage";
import { messageTo, QUIET, recorder } from "./transport.stage";

/**
 * A farewell whose answer never comes, as the connection is lost between the two: amqplib waits for that answer for ever.
 * RabbitMQ is the real one; the wire cuts every connection in the place of what it answers.
 */
describeOnRabbitMQ("RabbitMQ, when the connection is lost in the middle of a farewell", () => {
	const here = onRabbitMQ();
	const closing: (() => Promise<void>)[] = [];

	afterEach(async () => {
		here.wire.meddle();
		for (const close of closing.splice(0)) await close();
	});

	/** Lets the next farewells of this kind be cut. @returns how many still will be */
	function cutAt(farewell: keyof typeof CLOSED, times = 1): () => number {
		const { change, left } = withheld(CLOSED[farewell], () => here.wire.cut(), times);
		here.wire.meddle(change);
		return left;
	}

	const holding = (claim: Claim, onLost: (error: ClaimedError) => void) => {
		const transport = rabbitmqTransport({
			url: here.wire.url,
			node: "keeper",
			claims: { all: [claim], onLost, everyMs: 60_000 },
			log: QUIET,
		});
		closing.push(() => transport.close());
		return transport;
	};

	async function worksAsAWhole(transport = here.transport): Promise<void> {
		const { exchange, queue } = here.names();
		await until(() => transport.missing().length === 0, { what: "the transport to be whole" });
		await until(() => transport.declare({ exchanges: [exchange], queues: [queue] }).then(() => true), {
			what: "the topology",
		});
		const seen = recorder();
		await transport.consume(queue, seen.handle);
		await until(async () => (await transport.publish([messageTo(exchange)]))[0]!.confirmed, { what: "a confirm" });
		await until(() => seen.deliveries.length > 0, { what: "the message" });
	}

	test("a connection that is lost while its claims are looked at is followed by another one", async () => {
		const onLost = jest.fn();
		const transport = holding({ name: "farewell.looked-at", holder: "ada0000000000000" }, onLost);
		await transport.connect();

		const left = cutAt("channel", 3);
		here.wire.cut();
		await until(() => left() === 0, { what: "the farewells" });

		await worksAsAWhole(transport);
		expect(onLost).not.toHaveBeenCalled();
	});

	test("so is one that is refused, and lost while it is closed for that", async () => {
		const claim: Claim = { name: "farewell.refused", holder: "ada0000000000000" };
		const lost: ClaimedError[] = [];
		const transport = holding(claim, (error) => lost.push(error));
		await transport.connect();
		const other = await connect(here.vhost.url);
		closing.push(() => other.close());
		await here.asAdmin((channel) => channel.deleteExchange(claim.name));
		await claimAll(channelsOn(other), [{ ...claim, holder: "b0b0000000000000" }]);

		const left = cutAt("connection", 2);
		here.wire.cut();
		await until(() => left() === 0, { what: "the farewells" });
		await here.asAdmin((channel) => channel.deleteExchange(claim.name));

		await worksAsAWhole(transport);
		expect(lost[0]).toBeInstanceOf(ClaimedError);
	});

	test("who has declared is not kept waiting", async () => {
		// At its start the transport closes a channel itself.
		await here.stage();
		const { exchange, queue } = here.names();
		const left = cutAt("channel");

		await here.transport.declare({ exchanges: [exchange], queues: [queue] });

		expect(left()).toBe(0);
		await worksAsAWhole();
	});

	test("who has counted what waits in a queue is told the number", async () => {
		const { exchange, queue } = await here.stage();
		await here.transport.publish([messageTo(exchange), messageTo(exchange)]);
		const left = cutAt("channel");

		expect(await here.transport.countWaiting(queue.name)).toBe(2);

		expect(left()).toBe(0);
		await worksAsAWhole();
	});

	test("a consumer that is stopped is stopped", async () => {
		const { queue } = await here.stage();
		const consumer = await here.transport.consume(queue, recorder().handle);
		const left = cutAt("channel");

		await consumer.stop();

		expect(left()).toBe(0);
		await worksAsAWhole();
	});
});
