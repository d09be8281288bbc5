import type { Command, Told } from "../../simulator/shop/client";
import { brokenDecisions } from "../../simulator/shop/decisions";
import { planOf, type Plan } from "../../simulator/shop/plan";
import type { Control } from "../../simulator/world/postgres/control";
import { ADMIN } from "../../simulator/shop/shoppers";

const plan = { ...planOf(1), faults: [{ kind: "book refuses", what: "capture", fromStep: 0, forMs: 1 } as const] };
const done: Told = { kind: "done", answer: null };
const by = "grace";
const reason = "decision 1 of grace";

const command = (action: string, params: object, told: Told): Command => ({
	action,
	params: { ...params },
	who: ADMIN,
	node: "n1",
	sentMs: 0,
	told,
	toldMs: 0,
});
const skipping = (told: Told): Command => command("orders.skipSagaStep", { sagaId: "o1", by, reason }, told);

const line = { sagaId: "o1", orderId: "o1", step: "capture the payment", direction: "do" };
const failed = { ...line, outcome: "FAILED", by: null, reason: null };
const skipped = { ...line, outcome: "SKIPPED", by, reason };
const note = { orderId: "o1", status: "AUTHORIZED", what: "capture", isDone: false, by, reason };

const broken = (history: Command[], log: object[], notes: object[], of: Plan = plan): Promise<string[]> => {
	const query = async (text: string) => (text.includes("saga_log") ? log : notes);
	return brokenDecisions(of, history, { query } as unknown as Control);
};

test("a decision that was made as its operator was told, and that payments has heard of, is sound", async () => {
	expect(await broken([skipping(done)], [failed, skipped], [note])).toEqual([]);
	expect(await broken([skipping({ kind: "unknown", reason: "late" })], [failed], [])).toEqual([]);
});

test("one that was made though it was refused, or not made though it was told so, is none", async () => {
	expect(await broken([skipping({ kind: "refused", code: "SAGA_NOT_WAITING" })], [failed, skipped], [note])).toEqual([
		expect.stringContaining("it was made 1 times"),
	]);
	expect(await broken([skipping(done)], [failed], [])).toEqual([expect.stringContaining("it was made 0 times")]);
});

test("two decisions with nothing tried in between are one too many", async () => {
	const retried = { ...line, outcome: "RETRIED", by: "ada", reason: "a reason" };

	expect(await broken([], [failed, retried, { ...failed, outcome: "STARTED" }, skipped], [note])).toEqual([
		expect.stringContaining("Decided twice"),
	]);
	expect(await broken([], [failed, retried, failed, skipped], [note])).toEqual([]);
});

test("who has the payment has to know of it", async () => {
	expect(await broken([skipping(done)], [failed, skipped], [{ ...note, by: null, reason: null }])).toEqual([
		expect.stringContaining("with 0 notes of it"),
	]);
	const completed = { ...skipped, outcome: "COMPLETED_BY_HAND" };
	expect(await broken([], [failed, completed], [{ ...note, isDone: true }])).toEqual([
		expect.stringContaining("its payment is AUTHORIZED"),
	]);
	expect(await broken([], [failed], [note])).toEqual([expect.stringContaining("which nobody made")]);
});

test("no operator is asked for a step that nothing stands in the way of for ever", async () => {
	const listed = (step: string): Command =>
		command(
			"orders.sagas",
			{},
			{ kind: "done", answer: [{ sagaId: "o1", status: "NEEDS_OPERATOR", direction: "do", step }] },
		);

	expect(await broken([listed("capture the payment")], [], [])).toEqual([]);
	expect(await broken([listed("refund the payment")], [], [])).toEqual([expect.stringContaining("needlessly")]);
});

test("a person may have to see to a capture that was on its way when somebody said that the money was given back", async () => {
	const step = "capture the payment";
	const asked = { sagaId: "o1", status: "NEEDS_OPERATOR", direction: "do", step };
	const history = [command("orders.sagas", {}, { kind: "done", answer: [asked] })];
	const refund = { ...line, sagaId: "r1", step: "refund the payment", by, reason };
	const given = { ...refund, outcome: "COMPLETED_BY_HAND" };
	const noted = { ...note, status: "VOIDED", what: "refund", isDone: true };
	const refunding = { ...plan, faults: [{ kind: "book refuses", what: "refund", fromStep: 0, forMs: 1 } as const] };

	expect(await broken(history, [given], [noted], refunding)).toEqual([]);
	expect(
		await broken(
			history,
			[{ ...given, outcome: "SKIPPED" }],
			[{ ...noted, status: "AUTHORIZED", isDone: false }],
			refunding,
		),
	).toEqual([expect.stringContaining("needlessly")]);
	expect(await broken(history, [{ ...given, orderId: "o2" }], [{ ...noted, orderId: "o2" }], refunding)).toEqual([
		expect.stringContaining("needlessly"),
	]);
});
