import { randomUUID } from "node:crypto";
import { ServiceBroker, type BrokerOptions } from "moleculer";
import { isAway, isCutOff } from "../../mixins/access/away";
import { brokerOptions } from "../../moleculer.config";
import { readSettings } from "../../node/settings";
import {
	acknowledgementOfNothing,
	channelClose,
	connectionBlocked,
	connectionClose,
	connectionUnblocked,
	DELIVERED,
	followed,
	onceWritten,
	OPENED,
} from "../support/amqp-frames";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { gate } from "../mixins/transport.stage";

/** None comes in time to help. */
const WITHOUT_HEARTBEATS = { heartbeatInterval: 600, heartbeatTimeout: 1_200 };

/** A call that waits until its time is over ends as a timeout, and says so. */
const PATIENT = { timeout: 60_000 };

describeOnRabbitMQ("calls between nodes over RabbitMQ", () => {
	let vhost: TestVhost;
	let wire: Wire;
	let namespace: string;
	const closing: (() => Promise<void> | void)[] = [];

	beforeAll(async () => {
		vhost = await testVhost();
	});
	beforeEach(async () => {
		wire = await wireTo(vhost.url);
		namespace = randomUUID();
	});
	afterEach(async () => {
		for (const close of closing.splice(0).toReversed()) await close();
		await wire[Symbol.asyncDispose]();
	});
	afterAll(() => vhost[Symbol.asyncDispose]());

	function nodeAt(url: string, nodeId: string, options: Partial<BrokerOptions> = {}): ServiceBroker {
		const settings = readSettings({ AMQP_URL: url, NODE_ID: nodeId, NAMESPACE: namespace });
		const broker = new ServiceBroker({ ...brokerOptions(settings), logger: false, ...options });
		closing.push(() => stopped(broker));
		return broker;
	}

	/** Somebody who works as long as it is told to, and says who it was. */
	async function worker(url: string, nodeId: string, options?: Partial<BrokerOptions>) {
		const held = gate();
		let runs = 0;
		const broker = nodeAt(url, nodeId, options);
		closing.push(() => held.open());
		broker.createService({
			name: "work",
			actions: {
				quick: () => nodeId,
				async long() {
					runs++;
					await held.opened;
					return nodeId;
				},
			},
		});
		await broker.start();
		return { broker, finish: () => held.open(), runs: () => runs };
	}

	async function asker(url: string, options?: Partial<BrokerOptions>): Promise<ServiceBroker> {
		const broker = nodeAt(url, "asker", options);
		await broker.start();
		await broker.waitForServices("work");
		return broker;
	}

	const answers = (broker: ServiceBroker): Promise<string> =>
		until(() => broker.call<string>("work.quick"), { what: "a call to be answered" });

	test("who waits for a node that was killed is told at once, and the next call goes to another", async () => {
		await worker(wire.url, "killed", WITHOUT_HEARTBEATS);
		const ada = await asker(vhost.url, WITHOUT_HEARTBEATS);
		const waiting = ada.call("work.long", {}, PATIENT);
		await worker(vhost.url, "left", WITHOUT_HEARTBEATS);

		// For RabbitMQ the same as a kill -9: the connection ends, and nobody says why.
		wire.sever();

		await expect(waiting).rejects.toMatchObject({ type: "REQUEST_REJECTED", retryable: true });
		expect(await answers(ada)).toBe("left");
		expect(await ada.call("work.quick")).toBe("left");
	});

	test("a node that was taken for gone is asked again as soon as it is back, without waiting for a heartbeat", async () => {
		await worker(wire.url, "away", WITHOUT_HEARTBEATS);
		const ada = await asker(vhost.url, WITHOUT_HEARTBEATS);
		wire.sever();
		await expect(ada.call("work.long", {}, PATIENT)).rejects.toMatchObject({ type: "REQUEST_REJECTED" });

		wire.mend();

		expect(await answers(ada)).toBe("away");
	});

	test("what a node works on when it loses its connection for a moment is done once, and answered", async () => {
		const busy = await worker(wire.url, "busy");
		const ada = await asker(vhost.url, WITHOUT_HEARTBEATS);
		// On a busy machine the moment may be so long that a node is taken for gone: this one does not ask.
		jest.spyOn(ada.transit!, "sendPing").mockResolvedValue();
		const waiting = ada.call("work.long", {}, PATIENT);
		await until(() => busy.runs() === 1, { what: "the work to begin" });

		wire.sever();
		await until(() => isCutOff(busy.broker), { what: "the loss to be noticed" });
		busy.finish();
		wire.mend();

		expect(await waiting).toBe("busy");
		// It was delivered again before this is.
		expect(await ada.call("work.quick")).toBe("busy");
		expect(busy.runs()).toBe(1);
		expect(isCutOff(busy.broker)).toBe(false);
	});

	test("a node that is cut off says so at once, also to those who waited, and calls again when it is back", async () => {
		await worker(vhost.url, "there", WITHOUT_HEARTBEATS);
		const ada = await asker(wire.url, WITHOUT_HEARTBEATS);
		const waiting = ada.call("work.long", {}, PATIENT);

		wire.sever();

		await expect(waiting).rejects.toMatchObject({ type: "REQUEST_REJECTED", retryable: true });
		expect(isCutOff(ada)).toBe(true);
		await expect(ada.call("work.quick", {}, PATIENT)).rejects.toMatchObject({ type: "BAD_GATEWAY", retryable: true });

		wire.mend();
		expect(await answers(ada)).toBe("there");
		expect(isCutOff(ada)).toBe(false);
	});

	test("a node whose channel alone was closed by RabbitMQ hears again, and is heard", async () => {
		await worker(vhost.url, "there", WITHOUT_HEARTBEATS);
		const ada = await asker(wire.url, WITHOUT_HEARTBEATS);

		wire.inject(0, acknowledgementOfNothing(1));
		await until(() => isCutOff(ada), { what: "the loss to be noticed", everyMs: 1 });

		expect(await answers(ada)).toBe("there");
	});

	test("a node that is told to disconnect while it connects again is disconnected", async () => {
		const ada = nodeAt(wire.url, "asker", WITHOUT_HEARTBEATS);
		await ada.start();
		let stopping: Promise<void> | undefined;
		const { change, left } = onceWritten(OPENED.prefetch, () => void (stopping = ada.transit!.tx.disconnect()));
		wire.meddle(change);

		wire.cut();
		await until(() => left() === 0, { what: "the node to connect again" });
		await stopping;
		await until(() => wire.connections() === 0, { what: "its connection to be closed" });

		expect(isCutOff(ada)).toBe(true);
	});

	test("what is asked while RabbitMQ takes no messages is refused at once, and not carried out later", async () => {
		const there = await worker(vhost.url, "there", WITHOUT_HEARTBEATS);
		const ada = await asker(wire.url, WITHOUT_HEARTBEATS);
		wire.meddle(followed(DELIVERED, connectionBlocked).change);
		await until(() => ada.call("work.quick").then(() => false, isAway), { what: "the alarm to be heard" });

		await expect(ada.call("work.long", {}, PATIENT)).rejects.toMatchObject({ type: "BAD_GATEWAY", retryable: true });

		wire.meddle(followed(DELIVERED, connectionUnblocked).change);
		await there.broker.transit!.sendPing("asker");
		expect(await answers(ada)).toBe("there");
		expect(there.runs()).toBe(0);
	});

	test("a wire that swallows everything is noticed, and calls go on when it does not any more", async () => {
		await worker(vhost.url, "there");
		const ada = await asker(wire.url);

		wire.stall();
		await until(() => isCutOff(ada), { what: "the silence to be noticed" });

		wire.flow();
		expect(await answers(ada)).toBe("there");
	});

	test.each([
		["its connection", OPENED.connection, connectionClose],
		["its connection, together with its channel,", OPENED.channel, connectionClose],
		["its channel", OPENED.channel, channelClose],
	])("a node whose start finds %s closed while it is being opened calls all the same", async (_what, opened, close) => {
		await worker(vhost.url, "there", WITHOUT_HEARTBEATS);
		const { change, left } = followed(opened, close);
		wire.meddle(change);

		const ada = await asker(wire.url, WITHOUT_HEARTBEATS);

		expect(await answers(ada)).toBe("there");
		expect(left()).toBe(0);
		expect(isCutOff(ada)).toBe(false);
	});
});

/** A second later Moleculer would tell the others that the services have gone, and Jest waits only half of that. */
async function stopped(broker: ServiceBroker): Promise<void> {
	await broker.stop();
	(broker as unknown as { localServiceChanged: { cancel?(): void } }).localServiceChanged.cancel?.();
}
