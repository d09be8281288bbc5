import { nearest, slips } from "./spelling";

const WORDS = ["lamp", "map", "clamp", "radio", "brass", "lantern", "umbrella", "tablecloth", "mug", "stoneware"];

test.each([
	["lmap", ["lamp"]],
	["lapm", ["lamp"]],
	["lanp", ["lamp"]],
	["map", ["map"]],
	["ramp", ["lamp"]],
	["brss", ["brass"]],
	["umbrela", ["umbrella"]],
	["unbrelal", ["umbrella"]],
	["stonwa", ["stoneware"]],
	["tabelclot", ["tablecloth"]],
	["amp", ["amp"]],
])("%s means %j", (typed, meant) => {
	expect(nearest(typed, WORDS)).toEqual(meant);
});

test.each(["zzzz", "radar", "mgu", "brsas lamp", "x".repeat(200), "lxyp", "umbxxxla"])("%s means nothing", (typed) => {
	expect(nearest(typed, WORDS)).toEqual([]);
});

test("what was left out, put in, mistaken or swapped counts once", () => {
	expect(slips("lamp", "lamp")).toBe(0);
	expect(slips("lmp", "lamp")).toBe(1);
	expect(slips("laamp", "lamp")).toBe(1);
	expect(slips("lomp", "lamp")).toBe(1);
	expect(slips("lmap", "lamp")).toBe(0.8);
	expect(slips("", "lamp")).toBe(4);
});
