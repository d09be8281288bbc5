import { setTimeout as pause } from "node:timers/promises";
import { Errors, ServiceBroker, type BrokerOptions } from "moleculer";
import { DatabaseBusyError } from "../database/errors";
import { AnsweringFirst, WatchesCalls } from "./answering-first";

/** What a node does when it is asked who it is. */
type Behaviour = (name: string) => Promise<string>;

const answers: Behaviour = async (name) => name;
/** As the caller's own broker says it when a node is silent. */
const runsOutOfTime: Behaviour = () =>
	Promise.reject(new Errors.RequestTimeoutError({ action: "who.is", nodeID: "a" }));
/** It has asked somebody else, who was silent. */
const waitsForAnother: Behaviour = () =>
	Promise.reject(new Errors.RequestTimeoutError({ action: "other.is", nodeID: "z" }));
const hasTooMuch: Behaviour = () => Promise.reject(new DatabaseBusyError());
const refuses: Behaviour = () => Promise.reject(new Errors.MoleculerRetryableError("No database", 503, "UNAVAILABLE"));

const brokers: ServiceBroker[] = [];

afterEach(async () => {
	await Promise.all(brokers.splice(0).map((broker) => broker.stop()));
});

function brokerOf(nodeID: string, namespace: string): ServiceBroker {
	const options: BrokerOptions = {
		nodeID,
		namespace,
		logger: false,
		transporter: "Fake",
		registry: { strategy: AnsweringFirst, preferLocal: true },
		middlewares: [WatchesCalls],
	};
	const broker = new ServiceBroker(options);
	brokers.push(broker);
	return broker;
}

/** A node that calls, and others that behave so. */
async function clusterOf(behaviours: Record<string, Behaviour>): Promise<ServiceBroker> {
	const namespace = `answering-first ${Math.random()}`;
	const caller = brokerOf("caller", namespace);
	for (const [name, behave] of Object.entries(behaviours))
		brokerOf(name, namespace).createService({ name: "who", actions: { is: () => behave(name) } });
	await Promise.all(brokers.map((broker) => broker.start()));
	const known = (): number => caller.registry.getActionEndpoints("who.is")?.endpoints.length ?? 0;
	while (known() < Object.keys(behaviours).length) await pause(5);
	return caller;
}

async function askedOften(caller: ServiceBroker, times: number): Promise<string[]> {
	const heard: string[] = [];
	for (let time = 0; time < times; time++)
		heard.push(await caller.call<string, object>("who.is", {}).catch((error: { type: string }) => error.type));
	return heard;
}

test("nodes that answer are asked in turn", async () => {
	const caller = await clusterOf({ a: answers, b: answers });

	expect((await askedOften(caller, 6)).toSorted()).toEqual(["a", "a", "a", "b", "b", "b"]);
});

test("a node that is silent costs one call its time, and the others nothing", async () => {
	const caller = await clusterOf({ a: runsOutOfTime, b: answers, c: answers });

	const heard = await askedOften(caller, 9);

	expect(heard.filter((each) => each === "REQUEST_TIMEOUT")).toHaveLength(1);
	expect(heard.filter((each) => each === "a")).toEqual([]);
});

test("a node whose own call ran out of time has answered", async () => {
	const caller = await clusterOf({ a: waitsForAnother, b: answers });

	expect((await askedOften(caller, 6)).toSorted()).toEqual(
		["REQUEST_TIMEOUT", "b"].flatMap((each) => [each, each, each]),
	);
});

test("a node that refuses twice for want of its database is left alone", async () => {
	const caller = await clusterOf({ a: refuses, b: answers });

	expect((await askedOften(caller, 10)).filter((each) => each === "UNAVAILABLE")).toHaveLength(2);
});

test("a node that has too much to do keeps its turn", async () => {
	const caller = await clusterOf({ a: hasTooMuch, b: answers });

	expect((await askedOften(caller, 8)).filter((each) => each === "OVERLOADED")).toHaveLength(4);
});

test("where no node answers they are asked all the same", async () => {
	const caller = await clusterOf({ a: refuses, b: refuses });

	expect(await askedOften(caller, 6)).toEqual(Array.from({ length: 6 }, () => "UNAVAILABLE"));
});
