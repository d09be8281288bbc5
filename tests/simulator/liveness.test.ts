import type { FaultPlan } from "../../simulator/shop/fault-plans";
import { newLiveness } from "../../simulator/shop/liveness";
import type { ServiceName } from "../../simulator/shop/node-plans";

const WHOLE: ServiceName[] = ["products", "cart", "orders", "payments"];
const QUEUES = ["cart.stock", "orders.checkout"];
type Fault = Pick<FaultPlan, "kind"> & { fromMs: number; forMs: number; node?: number; nth?: number };

const silence = (queue: string): Fault => ({
	kind: "queue silent",
	nth: QUEUES.indexOf(queue),
	fromMs: 0,
	forMs: 40_000,
});
const freeze = (node: number, fromMs = 0, forMs = 40_000): Fault => ({ kind: "freeze", node, fromMs, forMs });

/** An order that was accepted at once and stays PENDING; looked at each quarter of a second. @returns when L1 broke, in ms */
async function brokenAt(
	faults: readonly Fault[],
	{ services = [WHOLE, WHOLE, WHOLE], token = "tok_approve", acceptedMs = 0, clockOffsetMs = 0 } = {},
): Promise<number | undefined> {
	let nowMs = 0;
	const nodes = services.map((own) => ({
		node: { settings: { services: own } },
		failure: undefined,
		host: { state: "running", clockOffsetMs },
	}));
	const control = { query: async (_: string, [ids]: [string[]]) => ids.map((id) => ({ id, status: "PENDING" })) };
	const begun = () =>
		faults
			.filter(({ fromMs }) => fromMs <= nowMs)
			.map((plan) => ({ fault: { plan }, sinceMs: plan.fromMs, endMs: plan.fromMs + plan.forMs }));
	const liveness = newLiveness(
		{
			world: { clock: { nowMs: () => nowMs }, control },
			cluster: { nodes },
			surroundings: { queues: QUEUES },
		} as never,
		{ begun, current: () => begun().filter(({ endMs }) => endMs > nowMs) } as never,
		[{ plan: { paymentToken: token }, orderId: "o1", acceptedMs }] as never,
	);
	for (; nowMs < 120_000; nowMs += 250) if ((await liveness.look()).length > 0) return nowMs;
	return undefined;
}

test("an order ends within 15 s, although a node stands still", async () => {
	expect(await brokenAt([freeze(0)])).toBe(15_250);
	expect(await brokenAt([freeze(0)], { acceptedMs: 5_000 })).toBe(20_250);
});

test("an order ends within 15 s, although a queue is silent that none waits for", async () => {
	expect(await brokenAt([silence("cart.stock")])).toBe(15_250);
});

test("each fault that begins may cost as long again", async () => {
	expect(await brokenAt([freeze(0), freeze(0, 10_000)])).toBe(25_250);
});

test("a node that thaws, and is cut off as well, has its time from then on; another one's is its own", async () => {
	const cutOff = { kind: "cut off", node: 0, fromMs: 0, forMs: 40_000 } as const;

	expect(await brokenAt([cutOff, freeze(0, 0, 8_000)])).toBe(23_250);
	expect(await brokenAt([cutOff, freeze(1, 0, 8_000)])).toBe(15_250);
});

test.each([
	["is over before", [freeze(0, 0, 12_000)], {}],
	["takes the last node of a service", [freeze(0)], { services: [WHOLE, ["orders", "cart"] as ServiceName[]] }],
	["comes with another one, so that none is left", [freeze(0), freeze(1), freeze(2)], {}],
	["comes with one that all nodes have", [freeze(0), { kind: "rabbitmq alarm", fromMs: 0, forMs: 40_000 }], {}],
	["silences the queue in which orders begin", [silence("orders.checkout")], {}],
	["comes soon after one that all nodes had", [{ kind: "postgres restarts", fromMs: 0, forMs: 300 }, freeze(0)], {}],
	["is of all nodes", [{ kind: "lost connections", fromMs: 0, forMs: 40_000 }], {}],
	["leaves nodes with wrong clocks", [freeze(0)], { clockOffsetMs: 20_000 }],
	["meets a payment that takes its time", [freeze(0)], { token: "tok_timeout" }],
] as [string, Fault[], object][])("nothing is promised while a fault %s", async (_, faults, surroundings) => {
	expect(await brokenAt(faults, surroundings)).toBeUndefined();
});

test("what was promised counts again from the moment that one node of each service is whole", async () => {
	expect(await brokenAt([freeze(0), freeze(1, 0, 8_000), freeze(2, 0, 10_000)])).toBe(23_000);
});
