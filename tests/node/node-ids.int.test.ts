import { randomUUID } from "node:crypto";
import { connect } from "amqplib";
import { ServiceBroker } from "moleculer";
import { isCutOff } from "../../mixins/access/away";
import { brokerOptions } from "../../moleculer.config";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { wireTo, type Wire } from "../support/proxy";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";

describeOnRabbitMQ("two nodes with one id", () => {
	let vhost: TestVhost;
	let namespace: string;
	const closing: (() => Promise<void>)[] = [];

	beforeAll(async () => {
		vhost = await testVhost();
	});
	beforeEach(() => {
		namespace = randomUUID();
	});
	afterEach(async () => {
		for (const close of closing.splice(0).toReversed()) await close();
	});
	afterAll(() => vhost[Symbol.asyncDispose]());

	const environment = (url: string) => ({ AMQP_URL: url, NODE_ID: "twin", NAMESPACE: namespace });

	/** A gateway of a shop that needs nothing else, as `npm start` starts it. */
	async function started(fatal: (reason: string) => void = unexpected, url = vhost.url): Promise<Node> {
		const settings = readSettings({ ...environment(url), SERVICES: "gateway", PORT: "0", LOG_LEVEL: "fatal" });
		const node = await startNode(settings, fatal);
		closing.push(() => node.stop());
		return node;
	}

	/** As it was before ids were held: nothing keeps it from speaking as somebody else. */
	async function spokenAs(nodeId: string, packet: string, payload: object): Promise<void> {
		const connection = await connect(vhost.url);
		const channel = await connection.createConfirmChannel();
		const said = { ver: "5", sender: nodeId, ...payload };
		channel.publish(`MOL-${namespace}.${packet}`, "", Buffer.from(JSON.stringify(said)));
		await channel.waitForConfirms();
		await connection.close();
	}

	async function other(url = vhost.url, nodeId = "other", fatal?: (reason: string) => void): Promise<ServiceBroker> {
		const settings = readSettings({ ...environment(url), NODE_ID: nodeId });
		const broker = new ServiceBroker({ ...brokerOptions(settings, fatal), logger: false });
		closing.push(() => stopped(broker));
		broker.createService({ name: `of-${nodeId}`, actions: { ask: () => broker.instanceID } });
		await broker.start();
		return broker;
	}

	test("the second is refused with a sentence, and nobody has heard of it", async () => {
		const first = await started();
		const witness = await other();
		const heard: string[] = [];
		witness.localBus.on("$node.**", function (this: { event: string }) {
			heard.push(this.event);
		});

		const second = started();

		await expect(second).rejects.toThrow(
			/^NODE_ID is "twin", and a node with that id runs on the virtual host "molecart_test_\w+" at [\w.:]+: give each node an id of its own, or none\./,
		);
		expect(heard).toEqual([]);
		expect(first.missing()).toEqual([]);
		expect(await witness.call("$node.list", { onlyAvailable: true })).toHaveLength(2);
	});

	test("of several that start at the same moment one works, and the others are refused", async () => {
		const starts = await Promise.allSettled([started(), started(), started()]);

		const refused = starts.filter(({ status }) => status === "rejected");
		expect(refused).toEqual(
			Array.from({ length: 2 }, () => ({
				status: "rejected",
				reason: expect.objectContaining({ name: "NodeIdTakenError" }),
			})),
		);
	});

	test("one that was killed is back at once under its id, and so is one that stopped", async () => {
		await using wire = await wireTo(vhost.url);
		const killed = await other(wire.url, "twin", unexpected);
		wire.sever();

		const second = await started();
		await until(() => isCutOff(killed), { what: "the killed one to be gone" });
		await second.stop();
		const third = await started();

		expect(third.missing()).toEqual([]);
	});

	describe("while one was away", () => {
		let wire: Wire;
		beforeEach(async () => {
			wire = await wireTo(vhost.url);
		});
		afterEach(() => wire[Symbol.asyncDispose]());

		test("it has its id again at once, though RabbitMQ still believes in its lost connection", async () => {
			const asker = await other();
			const away = await other(wire.url, "twin", unexpected);
			wire.stall();
			await until(() => isCutOff(away), { what: "the silence to be noticed" });

			wire.flow();

			await asker.waitForServices("of-twin", 10_000);
			expect(await until(() => asker.call("of-twin.ask"), { what: "it to answer" })).toBe(away.instanceID);
		});

		test("another one that has taken its id keeps it: who comes back says why, and disturbs nobody", async () => {
			let reason: string | undefined;
			await other(wire.url, "twin", (said) => (reason ??= said));
			const asker = await other();
			wire.sever();
			const heir = await until(() => other(vhost.url, "twin", unexpected), { what: "the id to be free" });

			wire.mend();
			await until(() => reason !== undefined, { what: "the first one to give up" });

			expect(reason).toContain('NODE_ID is "twin", and a node with that id runs');
			expect(await until(() => asker.call("of-twin.ask"), { what: "the heir to answer" })).toBe(heir.instanceID);
		});
	});

	test("one that runs survives what another process says in its name", async () => {
		const fatal = jest.spyOn(ServiceBroker.prototype, "fatal").mockImplementation();
		const node = await other(vhost.url, "twin", unexpected);
		const asker = await other();
		await asker.waitForServices("of-twin");

		await spokenAs("twin", "INFO", { instanceID: "another", services: [], seq: 9 });
		await spokenAs("twin", "DISCONNECT", {});

		expect(await until(() => asker.call("of-twin.ask"), { what: "it to be asked" })).toBe(node.instanceID);
		expect(fatal).not.toHaveBeenCalled();
		fatal.mockRestore();
	});

	test("the same id in another namespace is another node", async () => {
		await started();
		namespace = randomUUID();

		const node = await started();

		expect(node.missing()).toEqual([]);
	});
});

function unexpected(reason: string): never {
	throw new Error(`The node should go on, but: ${reason}`);
}

/** A second later Moleculer would tell the others that the services have gone, and Jest waits only half of that. */
async function stopped(broker: ServiceBroker): Promise<void> {
	await broker.stop();
	(broker as unknown as { localServiceChanged: { cancel?(): void } }).localServiceChanged.cancel?.();
}
