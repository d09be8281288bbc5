import { card, table } from "./table";

test("a table has a column as wide as its widest cell, and a dash for nothing, and figures at the right", () => {
	const printed = table(
		["queue", "letters"],
		[
			["orders.checkout", 12],
			["cart.stock", undefined],
		],
	);

	expect(printed.split("\n")).toEqual([
		"queue            letters",
		"───────────────  ───────",
		"orders.checkout       12",
		"cart.stock             -",
	]);
});

test("what others have written can't take over the terminal", () => {
	const printed = table(["error"], [["\u001B[2J\u0007\u009Bboo\nsecond line"]]);

	expect(printed).toContain("␛[2J␇�boo second line");
});

test("a long cell is cut in a table, and whole on a card, where its lines stay lines", () => {
	const long = `${"x".repeat(100)}\n${"y".repeat(100)}`;

	expect(table(["text"], [[long]]).split("\n")[2]).toBe(`${"x".repeat(59)}…`);
	expect(card([["text", long]])).toBe(`text  ${long}`);
});
