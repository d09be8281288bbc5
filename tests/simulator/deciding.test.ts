import type { Client, Told } from "../../simulator/shop/client";
import { decide, type DecidingPlan } from "../../simulator/shop/deciding";

/** Answers each look with the next of these lists, and each decision with a yes. @returns the decisions, by their action */
async function decidedBy(plan: DecidingPlan, lists: object[][], isTroubled = () => false): Promise<[string, object][]> {
	jest.useFakeTimers({ advanceTimers: true });
	const decided: [string, object][] = [];
	const ask: Client["ask"] = async (_, action, params): Promise<Told> => {
		jest.advanceTimersByTime(0);
		if (action === "orders.sagas") return { kind: "done", answer: lists.shift() ?? [] };
		decided.push([action, params]);
		return { kind: "done", answer: null };
	};
	const deciding = decide(plan, "grace", { ask, history: [] }, isTroubled);
	let isDone = false;
	void deciding.finally(() => (isDone = true));
	while (!isDone) await jest.advanceTimersByTimeAsync(1_000);
	jest.useRealTimers();
	return decided;
}

const capture = { sagaId: "s1", saga: "checkout", step: "capture the payment" };
const refund = { sagaId: "s2", saga: "cancellation", step: "refund the payment" };
const givingBack = { sagaId: "s3", saga: "giving back by hand", step: "give back what is held" };

test("an operator decides about each saga in turn, and gives each decision a reason of its own", async () => {
	const plan: DecidingPlan = { filter: "waiting", decisions: ["complete", "skip"] };

	expect(await decidedBy(plan, [[capture, refund], [capture]])).toEqual([
		["orders.completeSaga", { sagaId: "s1", step: capture.step, by: "grace", reason: "decision 1 of grace" }],
		["orders.skipSagaStep", { sagaId: "s2", step: refund.step, by: "grace", reason: "decision 2 of grace" }],
		["orders.completeSaga", { sagaId: "s1", step: capture.step, by: "grace", reason: "decision 3 of grace" }],
	]);
});

test("what is given back because of a decision is only retried", async () => {
	const plan: DecidingPlan = { filter: "waiting", decisions: ["skip"] };

	expect(await decidedBy(plan, [[givingBack, capture]])).toMatchObject([
		["orders.retrySaga", { sagaId: "s3" }],
		["orders.skipSagaStep", { sagaId: "s1" }],
	]);
});

test("an operator stays for as long as something may still go wrong", async () => {
	const plan: DecidingPlan = { filter: "failing", decisions: ["retry"] };
	let looks = 0;

	const decided = await decidedBy(plan, [[], [], [], [], [capture]], () => looks++ < 4);

	expect(decided).toHaveLength(1);
});
