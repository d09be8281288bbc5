import { METHOD } from "../../simulator/world/rabbitmq/wire";
import { handDriven, type HandDriven, type RawClient } from "./hand-driven";

const QUORUM = { "x-queue-type": "quorum" };

function declare(client: RawClient, queue: string, args: Record<string, unknown> = QUORUM): void {
	client.say(METHOD.QueueDeclare, { queue, durable: true, arguments: args });
	client.heard();
}

function readyIn({ model }: HandDriven, name: string): number | undefined {
	return model.queues().find((queue) => queue.name === name)?.ready;
}

describe("a model of RabbitMQ does by itself", () => {
	test("nothing but what its surroundings let it do, once for all that waits", () => {
		const here = handDriven();
		const client = here.client();
		declare(client, "q");
		client.say(METHOD.ConfirmSelect);
		client.say(METHOD.BasicQos, { prefetchCount: 2, global: false });
		client.say(METHOD.BasicConsume, { queue: "q", consumerTag: "c" });
		client.heard();

		for (const body of ["1", "2", "3"]) client.publish("q", body);
		const before = [here.offered(), client.methods()];
		here.run("commit q");
		const committed = [here.offered(), client.heard()];
		here.run();
		const delivered = client.methods();

		expect(before).toEqual([["commit q"], []]);
		expect(committed).toEqual([["deliver q"], [{ method: "BasicAck", fields: { deliveryTag: 3, multiple: true } }]]);
		expect(delivered).toEqual(["BasicDeliver", "BasicDeliver"]);
		expect(here.model.queues()).toMatchObject([{ name: "q", ready: 1, unacknowledged: 2, consumers: 1 }]);
	});

	test("what another program puts into a queue is there when it was taken, also in somebody's hands", () => {
		const here = handDriven();
		const client = here.client();
		declare(client, "q");
		let confirmed = 0;
		const texts = (): string[] => here.model.bodiesIn("q").map(String);

		for (const queue of ["q", "nowhere"]) here.model.put(queue, "a message", Buffer.from("1"), () => confirmed++);
		const before = [texts(), confirmed];
		here.run();
		const taken = [texts(), confirmed];
		client.say(METHOD.BasicConsume, { queue: "q", consumerTag: "c" });
		here.run();

		expect(before).toEqual([[], 0]);
		expect(taken).toEqual([["1"], 1]);
		expect(texts()).toEqual(["1"]);
		expect(here.model.queues()).toMatchObject([{ ready: 0, unacknowledged: 1 }]);
	});

	test("the same, to the byte, when the same happens", () => {
		function bytesOfOneRun(): Buffer {
			const here = handDriven();
			const client = here.client();
			client.say(METHOD.QueueDeclare, { queue: "", exclusive: true, arguments: {} });
			declare(client, "q", { ...QUORUM, "x-message-ttl": 100, "x-dead-letter-exchange": "" });
			client.say(METHOD.BasicConsume, { queue: "q", consumerTag: "" });
			client.publish("q", "1");
			here.pass(1_000);
			return client.bytes();
		}

		expect(bytesOfOneRun().equals(bytesOfOneRun())).toBe(true);
	});

	test("a sign of life twice in an interval, and the end of a client that gives none in two", () => {
		const here = handDriven();
		const [silent, alive] = [here.client({ heartbeatS: 10 }), here.client({ heartbeatS: 10 })];

		for (let second = 0; second < 29; second++) {
			here.pass(1_000);
			alive.beat();
		}
		const ends = [silent.hasEnded(), alive.hasEnded()];
		here.pass(1_000);

		expect(ends).toEqual([false, false]);
		expect([silent.hasEnded(), alive.hasEnded()]).toEqual([true, false]);
		expect(alive.beatsHeard()).toBeGreaterThanOrEqual(5);
		expect(here.model.connections()).toHaveLength(1);
	});

	test("a dead letter again after three minutes, where its queue was missing", () => {
		const here = handDriven();
		const client = here.client();
		declare(client, "q", {
			...QUORUM,
			"x-message-ttl": 1_000,
			"x-dead-letter-exchange": "",
			"x-dead-letter-routing-key": "dead",
			"x-dead-letter-strategy": "at-least-once",
		});
		client.publish("q", "1");
		here.run();
		here.pass(2_000);
		declare(client, "dead");

		here.pass(100_000);
		const early = readyIn(here, "dead");
		here.pass(100_000);

		expect([readyIn(here, "q"), early, readyIn(here, "dead")]).toEqual([0, 0, 1]);
	});
});

test.each([
	["behind another that lives longer", ["3000", "1000"], 2_000],
	["behind another that lives as long", ["1000", "1000"], 0],
	["before another that lives longer", ["1000", "3000"], 0],
])("how long a message was held up %s is known", (_, expirations, heldUpMs) => {
	const here = handDriven();
	const client = here.client();
	declare(client, "q");

	for (const expiration of expirations) client.publish("q", "1", { properties: { expiration } });
	here.run();
	here.pass(10_000);

	expect(here.model.queues()).toMatchObject([{ ready: 0, heldUpMs }]);
});

describe("what befalls a model of RabbitMQ", () => {
	test("a queue that is silent takes, confirms and delivers nothing until it speaks", () => {
		const here = handDriven();
		const [client, asking] = [here.client(), here.client()];
		declare(client, "q");
		client.say(METHOD.ConfirmSelect);
		client.publish("q", "1");
		here.run();
		client.heard();

		here.model.silence("q");
		client.publish("q", "2");
		asking.say(METHOD.BasicConsume, { queue: "q", consumerTag: "c", noAck: true });
		asking.say(METHOD.BasicQos, { prefetchCount: 1 });
		here.pass(10_000);
		const meanwhile = [client.methods(), asking.methods()];
		here.model.speak("q");
		here.run();

		expect(meanwhile).toEqual([[], []]);
		expect(client.methods()).toEqual(["BasicAck"]);
		expect(asking.methods()).toEqual(["BasicConsumeOk", "BasicQosOk", "BasicDeliver", "BasicDeliver"]);
	});

	test("of a queue that is silent RabbitMQ knows no figures, and who waits for it loses the connection at last", () => {
		const here = handDriven();
		const [looking, getting, publishing] = [here.client(), here.client(), here.client()];
		declare(looking, "q");
		looking.publish("q", "1");
		here.run();
		publishing.say(METHOD.ConfirmSelect);
		here.model.silence("q");

		looking.say(METHOD.QueueDeclare, { queue: "q", passive: true, arguments: {} });
		getting.say(METHOD.BasicGet, { queue: "q" });
		publishing.publish("q", "2");
		publishing.say(METHOD.BasicQos, { prefetchCount: 1 });
		here.pass(1_000);
		const soon = [looking.heard(), getting.heard(), publishing.methods()];
		here.pass(65_000);

		expect(soon).toEqual([
			[{ method: "QueueDeclareOk", fields: { queue: "q", messageCount: 0, consumerCount: 0 } }],
			[],
			["ConfirmSelectOk"],
		]);
		expect(getting.heard()).toMatchObject([{ method: "ConnectionClose", fields: { replyCode: 541 } }]);
		// The first message of a channel is refused in the end.
		expect(publishing.methods()).toEqual(["BasicNack", "BasicQosOk"]);
	});

	test("in an alarm whoever publishes is not read, and nobody else is touched", () => {
		const here = handDriven();
		const [publishing, idle] = [here.client(), here.client()];
		declare(publishing, "q");

		here.model.block("low on memory");
		publishing.publish("q", "1");
		publishing.say(METHOD.BasicQos, { prefetchCount: 1 });
		idle.say(METHOD.BasicQos, { prefetchCount: 1 });
		here.run();
		const meanwhile = [publishing.heard(), idle.methods(), readyIn(here, "q")];
		here.model.unblock();
		here.run();

		expect(meanwhile).toEqual([
			[{ method: "ConnectionBlocked", fields: { reason: "low on memory" } }],
			["BasicQosOk"],
			0,
		]);
		expect(publishing.methods()).toEqual(["ConnectionUnblocked", "BasicQosOk"]);
		expect(readyIn(here, "q")).toBe(1);
	});

	test("a stop ends all connections; what is durable and was committed is there afterwards", () => {
		const here = handDriven();
		const client = here.client();
		declare(client, "kept");
		client.say(METHOD.QueueDeclare, { queue: "gone", arguments: {} });
		client.say(METHOD.BasicConsume, { queue: "kept", consumerTag: "c" });
		client.publish("kept", "committed");
		here.run();
		client.publish("kept", "not committed");

		here.model.stop();
		const refused = jest.fn();
		here.model.accept({ send: () => undefined, end: refused });
		here.model.start();
		here.run();

		expect(client.hasEnded()).toBe(true);
		expect(refused).toHaveBeenCalledTimes(1);
		expect(here.model.queues().map(({ name }) => name)).toEqual(["kept"]);
		const again = here.client();
		again.say(METHOD.BasicGet, { queue: "kept" });
		expect(again.heard()).toMatchObject([{ method: "BasicGetOk", fields: { redelivered: true } }]);
	});

	test("an operator closes a connection, and the server a channel, with their reasons", () => {
		const here = handDriven();
		const [one, other] = [here.client({ name: "one" }), here.client({ name: "other" })];
		const ids = here.model.connections();

		here.model.closeConnection(ids[0]!.id, "closed by a test");
		here.model.closeChannel(ids[1]!.id, 1, 406, "delivery acknowledgement on channel 1 timed out");

		expect(ids.map(({ name, channels }) => ({ name, channels }))).toEqual([
			{ name: "one", channels: 1 },
			{ name: "other", channels: 1 },
		]);
		expect(one.heard()).toMatchObject([
			{ method: "ConnectionClose", fields: { replyCode: 320, replyText: "CONNECTION_FORCED - closed by a test" } },
		]);
		expect(other.heard()).toMatchObject([
			{
				method: "ChannelClose",
				fields: { replyText: "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out" },
			},
		]);
		one.say(METHOD.ConnectionCloseOk, {}, 0);
		expect(one.hasEnded()).toBe(true);
	});

	test("what a chosen client opens is closed at once, be it a channel or its connection", () => {
		const here = handDriven();
		const [one, other] = [here.client({ name: "one" }), here.client({ name: "other" })];

		here.model.closeAtOnce((client) => client === "one");
		for (const each of [one, other]) each.say(METHOD.ChannelOpen, {}, 2);
		const whileChosen = [one.methods(), other.methods()];
		const late = here.client({ name: "one" });
		late.say(METHOD.ConnectionCloseOk, {}, 0);
		here.model.closeAtOnce(undefined);
		one.say(METHOD.ChannelCloseOk, {}, 2);
		one.say(METHOD.ChannelOpen, {}, 2);
		const afterwards = one.methods();
		here.model.closeAtOnce(() => true);
		one.say(METHOD.ConfirmSelect, {}, 2);

		expect(whileChosen).toEqual([["ChannelOpenOk", "ChannelClose"], ["ChannelOpenOk"]]);
		expect(late.hasEnded()).toBe(true);
		expect(afterwards).toEqual(["ChannelOpenOk"]);
		expect(one.methods()).toEqual(["ConfirmSelectOk", "ChannelClose"]);
	});

	test("a quorum queue that is deleted and made anew at once keeps its consumer, who hears nothing", () => {
		const here = handDriven();
		const client = here.client();
		declare(client, "q");
		client.say(METHOD.BasicConsume, { queue: "q", consumerTag: "c" });
		client.heard();

		here.model.deleteQueue("q");
		declare(client, "q");
		client.publish("q", "1");
		here.run();

		expect(client.methods()).toEqual([]);
		expect(here.model.queues()).toMatchObject([{ ready: 0, unacknowledged: 1, consumers: 1 }]);
		client.say(METHOD.ChannelClose, { replyCode: 200, classId: 0, methodId: 0 });
		expect(here.model.queues()).toMatchObject([{ ready: 1, unacknowledged: 0, consumers: 0 }]);
	});

	test("an auditor hears of what was taken, when each of its queues has it or is gone, and where a binding is gone", () => {
		const here = handDriven();
		const client = here.client({ name: "a node" });
		const taken: unknown[] = [];
		here.model.onTaken(({ exchange, routingKey, body, queues, connection }) =>
			taken.push({ exchange, routingKey, body: body.toString(), queues, connection }),
		);
		for (const queue of ["q", "p"]) declare(client, queue);
		client.say(METHOD.ExchangeDeclare, { exchange: "x", type: "fanout", arguments: {} });
		for (const queue of ["q", "p"])
			client.say(METHOD.QueueBind, { queue, exchange: "x", routingKey: "", arguments: {} });

		client.publish("k", "1", { exchange: "x" });
		here.run("commit q");
		const half = taken.length;
		here.run();
		here.model.unbind("q", "x");
		client.publish("k", "2", { exchange: "x" });
		here.run();
		client.publish("k", "3", { exchange: "x" });
		here.model.deleteQueue("p");
		here.run();
		client.publish("k", "4", { exchange: "x" });
		here.run();

		expect(half).toBe(0);
		expect(taken).toEqual([
			{ exchange: "x", routingKey: "k", body: "1", queues: ["q", "p"], connection: "a node" },
			{ exchange: "x", routingKey: "k", body: "2", queues: ["p"], connection: "a node" },
			{ exchange: "x", routingKey: "k", body: "3", queues: ["p"], connection: "a node" },
			{ exchange: "x", routingKey: "k", body: "4", queues: [], connection: "a node" },
		]);
	});
});
