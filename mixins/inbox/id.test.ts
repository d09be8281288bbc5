import { inOneForm, isUuid } from "./id";

const id = "0198a8f0-3c3e-7a4b-9c1d-0123456789ab";

test.each([
	["as PostgreSQL writes it", id, true],
	["in capitals", id.toUpperCase(), true],
	["of no version", id.replace("-7", "-0"), true],
	["with a letter that is no digit", id.replace("f", "g"), false],
	["with a digit too few", id.slice(1), false],
	["with a digit too few at the end", id.slice(0, -1), false],
	["with something before it", `x${id}`, false],
	["with something behind it", `${id}x`, false],
	["without its lines", id.replaceAll("-", ""), false],
	["with a group too short", id.replace("3c3e", "3c3"), false],
	["that is empty", "", false],
])("an id %s: is it a UUID?", (_what, text, expected) => {
	expect(isUuid(text)).toBe(expected);
});

test("a UUID is compared in small letters, and anything else as it came", () => {
	expect(inOneForm(id.toUpperCase())).toBe(id);
	expect(inOneForm("Box 7")).toBe("Box 7");
});
