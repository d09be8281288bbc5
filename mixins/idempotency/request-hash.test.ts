import { hashOf } from "./request-hash";

const request = { id: "o", address: { city: "Ulm", street: null, lines: ["a", "b"] }, gift: false };

test("a request that was sent again is the same, whatever the order of its fields", () => {
	const again = { gift: false, address: { lines: ["a", "b"], street: null, city: "Ulm" }, id: "o" };

	expect(hashOf(again)).toEqual(hashOf(request));
});

test.each<[what: string, other: unknown]>([
	["another value", { ...request, gift: true }],
	["another value inside", { ...request, address: { ...request.address, city: "Bonn" } }],
	["a list in another order", { ...request, address: { ...request.address, lines: ["b", "a"] } }],
	["a list for an object of the same", { ...request, address: { 0: "Ulm" } }],
	["a field more", { ...request, note: "" }],
	["a field less", { id: "o", address: request.address }],
	["nothing", null],
	["a text", "o"],
])("%s is another request", (_what, other) => {
	expect(hashOf(other)).not.toEqual(hashOf(request));
});
