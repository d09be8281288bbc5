import type { Client, Told } from "../../simulator/shop/client";
import { drawOperator, operate, type OperatorPlan } from "../../simulator/shop/operator";
import { randomOf } from "../../simulator/world/random";

/** @returns what was asked, by an operator who is answered so */
async function askedBy(plan: OperatorPlan, answer: Told): Promise<[string, object][]> {
	const asked: [string, object][] = [];
	const ask: Client["ask"] = async (_, action, params) => {
		asked.push([action, params]);
		return answer;
	};
	await operate(plan, "ada", { ask, history: [] }, () => false);
	return asked;
}

const found: Told = { kind: "done", answer: [{ sagaId: "s1" }, { sagaId: "s2" }] };

test("an operator retries the first saga that is shown, and signs it", async () => {
	expect(await askedBy({ atMs: 0, act: "retry a saga", filter: "failing" }, found)).toEqual([
		["orders.sagas", { filter: "failing", limit: 50 }],
		["orders.retrySaga", { sagaId: "s1", by: "ada", reason: expect.any(String) }],
	]);
});

test("where nothing is shown, nothing is retried", async () => {
	const none: Told = { kind: "done", answer: [] };

	expect(await askedBy({ atMs: 0, act: "retry a saga", filter: "failing" }, none)).toHaveLength(1);
	expect(
		await askedBy({ atMs: 0, act: "look at sagas", filter: "all" }, { kind: "unknown", reason: "no answer in time" }),
	).toHaveLength(1);
});

test("dead letters are replayed where their queue is at home", async () => {
	const [[action, params]] = (await askedBy({ atMs: 0, act: "replay dead letters", queue: 7 }, found)) as [
		[string, { queue: string }],
	];

	expect(action).toBe(`${params.queue.split(".")[0]}.deadLetters.replay`);
});

test("who has read a dead letter replays those that were there, also where they are gone meanwhile", async () => {
	const letters: Told = { kind: "done", answer: { letters: [{ id: "one" }, { id: "two" }] } };
	const asked = await askedBy({ atMs: 0, act: "replay what was read", queue: 7 }, letters);

	expect(asked.map(([action]) => action.replace(/^.*\./, ""))).toEqual(["list", "read", "replay"]);
	expect(asked.slice(1).map(([, params]) => params)).toEqual([
		expect.objectContaining({ id: "one" }),
		expect.objectContaining({ ids: ["one", "two"], by: "ada", force: true }),
	]);
});

test("every act is drawn", () => {
	const random = randomOf(1);
	const acts = new Set(Array.from({ length: 100 }, () => drawOperator(random).act));

	expect([...acts].toSorted()).toEqual([
		"look at dead letters",
		"look at sagas",
		"replay dead letters",
		"retry a saga",
	]);
});
