import { eventTypeIn, letterId } from "./letter-id";

test("a letter is named by its message id", () => {
	expect(letterId("0198c6a2-0000-7000-8000-000000000000", "{}")).toBe("0198c6a2-0000-7000-8000-000000000000");
});

test("an event's id in capitals is the name that it has in lower case", () => {
	expect(letterId("0198C6A2-0000-7000-8000-00000000000A", "{}")).toBe("0198c6a2-0000-7000-8000-00000000000a");
	expect(letterId("Order-7", "{}")).toBe("Order-7");
});

test("one without an id is named by its body, the same on every look and however the body is held", () => {
	const name = letterId(undefined, "größer");

	expect(name).toMatch(/^body-[0-9a-f]{16}$/);
	expect(letterId(undefined, Buffer.from("größer"))).toBe(name);
	expect(letterId(undefined, "kleiner")).not.toBe(name);
});

test.each(["", " ", "-rf", "\u001B[2J", "x".repeat(255)])(
	"an id that nobody could type, %j, is no name",
	(messageId) => {
		expect(letterId(messageId, "{}")).toBe(letterId(undefined, "{}"));
	},
);

test.each([
	['{"event_type":"OrderPlaced"}', "OrderPlaced"],
	['{"event_type":7}', undefined],
	["null", undefined],
	["<order>", undefined],
])("the event type in %s is %s", (body, type) => {
	expect(eventTypeIn(body)).toBe(type);
});
