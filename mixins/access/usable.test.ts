import { refuseUnusable } from "./usable";

const nested = (levels: number): object => {
	let value: object = {};
	for (let level = 0; level < levels; level++) value = { a: value };
	return value;
};

test("what people send passes", () => {
	expect(() =>
		refuseUnusable({ name: "👩🏽‍🚀", at: new Date(), list: [1, null, { a: "b" }], deep: nested(10) }),
	).not.toThrow();
});

test.each([
	["a text with U+0000", { name: "a\0b" }, "name"],
	["half a surrogate pair", { name: "a\ud83d" }, "name"],
	["the other half", { name: "\udc69b" }, "name"],
	["one deeper in", { input: { lines: ["a", "\0"] } }, "input"],
	["more levels than anybody needs", { a: nested(50_000) }, "a"],
])("%s is refused, and the field is named", (_what, params, field) => {
	expect(() => refuseUnusable(params)).toThrow(expect.objectContaining({ data: [expect.objectContaining({ field })] }));
});
