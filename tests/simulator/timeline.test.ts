import type { FaultSurroundings } from "../../simulator/shop/faults";
import type { FaultPlan } from "../../simulator/shop/fault-plans";
import { newTimeline } from "../../simulator/shop/timeline";

/** A world in which nothing happens but what a test says. */
function stage() {
	const now = { steps: 100, ms: 5_000, onItsWay: "", ready: 0, line: "" };
	const schedule = {
		choices: [0],
		get lines() {
			return [now.line];
		},
		get steps() {
			return now.steps;
		},
		note: () => undefined,
	};
	const world = {
		schedule,
		clock: { nowMs: () => now.ms },
		network: { isOnItsWay: (_host: object, _server: string, bytes: string) => bytes === now.onItsWay },
		rabbitmq: { queues: () => [{ name: "cart.orders", ready: now.ready }], deleteQueue: () => undefined },
		freeze: () => undefined,
		thaw: () => undefined,
	};
	const cluster = { nodes: ["n1", "n2"].map((name) => ({ name, host: { state: "running" } })) };
	const surroundings = { world, cluster, queues: ["cart.orders"] } as unknown as FaultSurroundings;
	const timelineOf = (...plans: FaultPlan[]) => newTimeline(plans, surroundings);
	return { now, timelineOf };
}
const FREEZE = { kind: "freeze", node: 0, fromStep: 10, forMs: 4_000 } as const;

test("a fault begins after so many steps, and is over when its time is", () => {
	const { now, timelineOf } = stage();
	const timeline = timelineOf(FREEZE);

	timeline.goOn();
	const before = timeline.begun().length;
	now.steps += 10;
	timeline.goOn();
	const meanwhile = timeline.current().length;
	now.ms += 4_000;
	timeline.goOn();

	expect([before, meanwhile, timeline.current().length]).toEqual([0, 1, 0]);
	expect(timeline.overSinceMs()).toBe(9_000);
});

test("one that waits for a call begins while it is on its way, and the one behind it with it", () => {
	const { now, timelineOf } = stage();
	const timeline = timelineOf({ ...FREEZE, whenAsked: "products.reserve" }, FREEZE);

	now.steps += 50;
	timeline.goOn();
	const before = timeline.begun().length;
	now.onItsWay = '"action":"products.reserve"';
	timeline.goOn();

	expect(before).toBe(0);
	expect(timeline.begun()).toHaveLength(2);
});

test("one that waits for some steps more begins after them, although the call has arrived by then", () => {
	const { now, timelineOf } = stage();
	const timeline = timelineOf({ ...FREEZE, whenAsked: "products.reserve", afterSteps: 5 });
	now.steps += 10;
	now.onItsWay = '"action":"products.reserve"';
	timeline.goOn();
	now.onItsWay = "";

	now.steps += 4;
	timeline.goOn();
	const before = timeline.begun().length;
	now.steps++;
	timeline.goOn();

	expect([before, timeline.begun().length]).toEqual([0, 1]);
});

test("one that waits for a statement befalls the node that does it", () => {
	const { now, timelineOf } = stage();
	const timeline = timelineOf({ ...FREEZE, fromStep: 0, whenDoing: "saga.move", afterSteps: 1 });
	now.line = "5000 n1 #3 orders.saga.moved [2c29]";
	timeline.goOn();
	now.line = "5000 n2 #7 orders.saga.move [2c29]";
	timeline.goOn();
	const before = timeline.begun().length;

	now.steps++;
	now.line = "5000 n1 #3 COMMIT";
	timeline.goOn();

	expect(before).toBe(0);
	expect(timeline.begun().map(({ fault }) => fault.plan)).toMatchObject([{ kind: "freeze", node: 1 }]);
});

test("of two that wait for the same statement the second waits for the next one", () => {
	const { now, timelineOf } = stage();
	const waiting = { ...FREEZE, fromStep: 0, whenDoing: "saga.move" };
	const timeline = timelineOf(waiting, waiting);

	now.line = "5000 n2 #7 orders.saga.move [2c29]";
	timeline.goOn();
	const first = timeline.begun().length;
	now.steps++;
	now.line = "5000 n1 #3 orders.saga.move [2c29]";
	timeline.goOn();

	expect(first).toBe(1);
	expect(timeline.begun().map(({ fault }) => fault.plan)).toMatchObject([{ node: 1 }, { node: 0 }]);
});

test("it is known since when one waits, while none lasts", () => {
	const { now, timelineOf } = stage();
	const timeline = timelineOf({ ...FREEZE, fromStep: 0 }, { ...FREEZE, fromStep: 1, whenDoing: "saga.move" });

	const before = timeline.waitingSinceMs();
	timeline.goOn();
	const meanwhile = timeline.waitingSinceMs();
	now.ms += 4_000;
	timeline.goOn();

	expect([before, meanwhile, timeline.waitingSinceMs()]).toEqual([5_000, undefined, 9_000]);
});

test("one that waits for messages begins when there are some in its queue", () => {
	const { now, timelineOf } = stage();
	const timeline = timelineOf({ kind: "queue deleted", nth: 3, fromStep: 0, forMs: 300, whenWaiting: true });

	timeline.goOn();
	const before = timeline.begun().length;
	now.ready = 1;
	timeline.goOn();

	expect([before, timeline.begun().length]).toEqual([0, 1]);
});

test("what has nothing to disturb any more ends two seconds later, and no sooner than that", () => {
	const { now, timelineOf } = stage();
	const timeline = timelineOf({ ...FREEZE, fromStep: 0, forMs: 60_000 });
	timeline.goOn();

	timeline.endSoon();
	now.ms += 1_999;
	timeline.endSoon();
	timeline.goOn();
	const meanwhile = timeline.current().length;
	now.ms++;
	timeline.goOn();

	expect([meanwhile, timeline.current().length]).toEqual([1, 0]);
	expect(timeline.begun()[0]!.endMs).toBe(7_000);
});

test("one that waits in vain begins when there is nothing else to do", () => {
	const { timelineOf } = stage();
	const timeline = timelineOf({ ...FREEZE, fromStep: 0, whenAsked: "products.reserve" });
	timeline.goOn();

	timeline.beginNext();

	expect(timeline.current()).toHaveLength(1);
});
