import { countsOf, told, type Line } from "./reports";

const lineOf = (number: number, outcome = "PUT_BACK", reason?: string): Line => ({
	id: `id-${number}`,
	eventType: "OrderPlaced",
	outcome,
	judgement: { verdict: "WOULD_APPLY" },
	...(reason !== undefined && { reason }),
});

test("counts are said in words, in the order in which they came", () => {
	expect(countsOf(["PUT_BACK", "NOT_FOUND", "PUT_BACK"])).toBe("2 put back, 1 not found");
});

test("a few lines are all shown, with the sum below", () => {
	const said = told([lineOf(1), lineOf(2, "NOT_FOUND", "never heard of it")], "the sum").split("\n");

	expect(said).toHaveLength(5);
	expect(said[2]).toMatch(/^id-1 +OrderPlaced +put back +would apply/);
	expect(said[3]).toMatch(/never heard of it$/);
	expect(said[4]).toBe("the sum");
});

test("of many lines only those are shown that did not go well", () => {
	const lines = [...Array.from({ length: 100 }, (_, number) => lineOf(number)), lineOf(100, "REFUSED", "too old")];

	const said = told(lines, "the sum").split("\n");

	expect(said).toHaveLength(4);
	expect(said[2]).toMatch(/^id-100 .*too old$/);
});

test("of many that a dry run has judged those are shown that would not be applied", () => {
	const lines = Array.from({ length: 100 }, (_, number) => lineOf(number, "LEFT"));
	lines[7]!.judgement = { verdict: "CANT_BE_UNDERSTOOD", why: "not JSON" };

	const said = told(lines, "the sum").split("\n");

	expect(said).toHaveLength(4);
	expect(said[2]).toMatch(/^id-7 .*can't be understood +not JSON$/);
});

test("a column that would be empty is left out", () => {
	const { judgement: _judgement, ...gone } = lineOf(1, "DISCARDED");

	expect(told([gone], "the sum").split("\n")[0]).toBe("id    event        what was done");
});

test("nothing at all is only the sum", () => {
	expect(told([], "the sum")).toBe("the sum");
});
