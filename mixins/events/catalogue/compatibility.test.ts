import { z } from "zod";
import { event, type EventContract, type EventData } from "../contract";
import { breaksBetween } from "./compatibility";
import { publishedOf } from "./published";

const line = z.object({ sku: z.string(), quantity: z.int().positive() });

/** What is published. */
const data = z.object({
	orderId: z.uuid(),
	total: z.int().nonnegative(),
	currency: z.string().length(3),
	state: z.enum(["NEW", "PAID"]),
	note: z.string().optional(),
	lines: z.array(line).min(1),
});

const definition = {
	type: "OrderPlaced",
	exchange: "orders.events",
	routingKey: "order.placed",
	version: 1,
	aggregate: "orderId",
} as const;

function contract(schema: EventData, changes: object = {}): EventContract {
	return event({ ...definition, ...changes, data: schema });
}

const sample = {
	orderId: "018f4e3c-0000-7000-8000-000000000001",
	total: 5,
	currency: "EUR",
	state: "NEW",
	note: "soon",
	lines: [{ sku: "A", quantity: 1 }],
};

const breaks = (after: EventContract): string[] =>
	breaksBetween(publishedOf(contract(data)), publishedOf(after)).map(({ path, change }) => `${path} ${change}`);

test.each<[string, EventData]>([
	["a new optional field", data.extend({ gift: z.boolean().optional() })],
	[
		"a new optional field of a line",
		data.extend({ lines: z.array(line.extend({ gift: z.boolean().optional() })).min(1) }),
	],
	["words of explanation", data.extend({ total: data.shape.total.describe("In minor units") })],
	["another order of the fields", z.object(Object.fromEntries(Object.entries(data.shape).toReversed()))],
	["another order of an enumeration", data.extend({ state: z.enum(["PAID", "NEW"]) })],
])("%s keeps the version", (_name, after) => {
	expect(breaks(contract(after))).toEqual([]);
});

interface Planted {
	name: string;
	after: EventData;
	found: string;
	/** An event of before the change, or of after it, that a consumer of the other age can't read; none shows a removal. */
	unreadable?: { old: object } | { new: object };
}

const planted: Planted[] = [
	{
		name: "a required field is removed",
		after: data.omit({ total: true }),
		found: "data.total was removed",
		unreadable: { new: { ...sample, total: undefined } },
	},
	{ name: "an optional field is removed", after: data.omit({ note: true }), found: "data.note was removed" },
	{
		name: "a required field is added",
		after: data.extend({ channel: z.string() }),
		found: "data.channel was added as required",
		unreadable: { old: sample },
	},
	{
		name: "an optional field becomes required",
		after: data.extend({ note: z.string() }),
		found: "data.note became required",
		unreadable: { old: { ...sample, note: undefined } },
	},
	{
		name: "a required field becomes optional",
		after: data.extend({ total: data.shape.total.optional() }),
		found: "data.total became optional",
		unreadable: { new: { ...sample, total: undefined } },
	},
	{
		name: "a field becomes text",
		after: data.extend({ total: z.string() }),
		found: 'data.total was "integer" and is "string"',
		unreadable: { new: { ...sample, total: "5" } },
	},
	{
		name: "a field may be null",
		after: data.extend({ currency: z.string().length(3).nullable() }),
		found: 'data.currency was "string" and is gone',
		unreadable: { new: { ...sample, currency: null } },
	},
	{
		name: "whole numbers become any",
		after: data.extend({ total: z.number().nonnegative() }),
		found: 'data.total was "integer" and is "number"',
		unreadable: { new: { ...sample, total: 0.5 } },
	},
	{
		name: "a lower limit rises",
		after: data.extend({ total: z.int().min(1) }),
		found: "data.total minimum was 0 and is 1",
		unreadable: { old: { ...sample, total: 0 } },
	},
	{
		name: "a lower limit falls",
		after: data.extend({ total: z.int().min(-5) }),
		found: "data.total minimum was 0 and is -5",
		unreadable: { new: { ...sample, total: -1 } },
	},
	{
		name: "an upper limit is set",
		after: data.extend({ total: z.int().nonnegative().max(3) }),
		found: "data.total maximum was not there and is 3",
		unreadable: { old: sample },
	},
	{
		name: "a text may be longer",
		after: data.extend({ currency: z.string().min(3).max(4) }),
		found: "data.currency maxLength was 3 and is 4",
		unreadable: { new: { ...sample, currency: "EURO" } },
	},
	{
		name: "a list may be empty",
		after: data.extend({ lines: z.array(line) }),
		found: "data.lines minItems was 1 and is gone",
		unreadable: { new: { ...sample, lines: [] } },
	},
	{
		name: "an enumeration shrinks",
		after: data.extend({ state: z.enum(["NEW"]) }),
		found: 'data.state lost the value "PAID"',
		unreadable: { old: { ...sample, state: "PAID" } },
	},
	{
		name: "an enumeration grows",
		after: data.extend({ state: z.enum(["NEW", "PAID", "LOST"]) }),
		found: 'data.state gained the value "LOST"',
		unreadable: { new: { ...sample, state: "LOST" } },
	},
	{
		name: "an enumeration becomes any text",
		after: data.extend({ state: z.string() }),
		found: 'data.state enum was ["NEW","PAID"] and is gone',
		unreadable: { new: { ...sample, state: "LOST" } },
	},
	{
		name: "a format is demanded",
		after: data.extend({ note: z.email().optional() }),
		found: 'data.note format was not there and is "email"',
		unreadable: { old: sample },
	},
	{
		name: "a field of a line is removed",
		after: data.extend({ lines: z.array(line.omit({ quantity: true })).min(1) }),
		found: "data.lines[].quantity was removed",
		unreadable: { new: { ...sample, lines: [{ sku: "A" }] } },
	},
	{
		name: "a field becomes one of several kinds, for which there is no rule",
		after: data.extend({ note: z.union([z.string(), z.int()]).optional() }),
		found: 'data.note was "string" and is ["string","integer"]',
		unreadable: { new: { ...sample, note: 7 } },
	},
];

test.each(planted)("$name: that needs a new version", ({ after, found, unreadable }) => {
	expect(breaks(contract(after))).toContain(found);

	// What the rule says is what happens.
	if (unreadable && "old" in unreadable) {
		expect(data.safeParse(unreadable.old).success).toBe(true);
		expect(after.safeParse(unreadable.old).success).toBe(false);
	} else if (unreadable) {
		expect(after.safeParse(unreadable.new).success).toBe(true);
		expect(data.safeParse(unreadable.new).success).toBe(false);
	}
});

test.each([
	["exchange", "shop.events"],
	["routingKey", "orders.placed"],
	["aggregate", "currency"],
])("another %s needs a new version", (field, value) => {
	expect(breaks(contract(data, { [field]: value }))).toEqual([
		expect.stringMatching(new RegExp(`^${field} was .* and is "${value}"$`)) as string,
	]);
});
