import { randomUUID } from "node:crypto";
import { ServiceBroker, type Context } from "moleculer";
import { readingParams } from "./reading";

const broker = new ServiceBroker({ logger: false, validator: readingParams() });

beforeAll(async () => {
	broker.createService({
		name: "echo",
		actions: {
			say: {
				params: {
					$$strict: true,
					id: { type: "uuid", optional: true },
					ids: { type: "array", items: "uuid", optional: true },
					of: { $$type: "object|optional", id: "uuid" },
					plain: { type: "string", optional: true },
					name: { type: "line", min: 1, max: 5, optional: true, nullable: false },
					floor: { type: "line", max: 5, optional: true, nullable: true },
					story: { type: "text", max: 20, optional: true },
					email: { type: "emailAddress", optional: true },
					login: { type: "emailAddress", known: true, optional: true },
				},
				handler: (ctx: Context) => ctx.params,
			},
		},
	});
	await broker.start();
});
afterAll(() => broker.stop());

const say = (params: object): Promise<unknown> => broker.call("echo.say", params);

test("UUIDs are read in lower case wherever they stand, and texts as they are", async () => {
	const [id, other] = [randomUUID(), randomUUID()];
	const shouted = id.toUpperCase();

	expect(await say({ id: shouted })).toEqual({ id });
	expect(await say({ ids: [shouted, other, shouted] })).toEqual({ ids: [id, other, id] });
	expect(await say({ of: { id: shouted } })).toEqual({ of: { id } });
	expect(await say({ plain: shouted })).toEqual({ plain: shouted });
	expect(await say({})).toEqual({});
});

test.each([
	["NOT-A-UUID", "uuid"],
	[`{${randomUUID()}}`, "uuid"],
	[`urn:uuid:${randomUUID()}`, "uuid"],
	[randomUUID().replaceAll("-", ""), "uuid"],
	[` ${randomUUID()}`, "uuid"],
	[7, "string"],
	[[randomUUID()], "string"],
	[undefined, "required"],
])("%p is refused as before, and told as it came", async (id, type) => {
	await expect(say({ of: { id } })).rejects.toMatchObject({
		code: 422,
		data: [{ type, field: "of.id", ...(id !== undefined && { actual: id }) }],
	});
});

test.each([
	["spaces of every alphabet", " \u00a0\u3000\u2003Ada\u202f\t\n", "Ada"],
	["zero widths", "\ufeff\u200bAda\u2060\u200d", "Ada"],
	["marks of direction, and what is soft", "\u200f\u202bAda\u202c\u00ad", "Ada"],
	["what steers musical notes and shorthand", "\u{1d173}Ada\u{1bca0}\u{1d17a}\ufff9", "Ada"],
	["nothing", "A d\u200da", "A d\u200da"],
])("a line is read without %s around it", async (_what, name, read) => {
	expect(await say({ name, floor: name })).toEqual({ name: read, floor: read });
});

test.each(["\u2764\ufe0f", "1\ufe0f\u20e3", "\u05e9\u05dc\u05d5\u05dd", "e\u0301"])(
	"%s is a name as it is",
	async (name) => {
		expect(await say({ name })).toEqual({ name });
	},
);

test.each([
	["Bengali", "\u09a4\u09cd\u200d"],
	["Malayalam", "\u0d28\u0d4d\u200d"],
	["Sinhala", "\u0d9a\u0dca\u200c"],
])("a joiner that makes another letter of the last one, in %s, stays", async (_script, name) => {
	expect(await say({ name: `${name}\u200b ` })).toEqual({ name });
});

test.each([
	"",
	"  ",
	"\u200b\u200c",
	"\u3164\u115f",
	"\u2800",
	"\u00ad\u034f",
	"\u0301",
	"\ufe0f",
	"\u{e0020}",
	"\u{e0100}",
])("a line of nothing that can be seen, %j, is empty", async (nothing) => {
	expect(await say({ floor: nothing })).toEqual({ floor: "" });
	await expect(say({ name: nothing })).rejects.toMatchObject({ data: [{ field: "name", type: "stringEmpty" }] });
});

test.each(["a\u0007b", "a\nb", "a\tb", "a\u0085b", "a\u2028b", "a\u009fb"])(
	"a line with a control character, %j, is refused",
	async (name) => {
		await expect(say({ name })).rejects.toMatchObject({ data: [{ field: "name", type: "control", actual: name }] });
	},
);

test("a text may have several lines, and no other control characters; its length counts without what is around it", async () => {
	expect(await say({ story: " One.\r\n\tTwo.\n " })).toEqual({ story: "One.\r\n\tTwo." });
	expect(await say({ story: `${" ".repeat(50_000)}x` })).toEqual({ story: "x" });
	await expect(say({ story: "a\u001bb" })).rejects.toMatchObject({ data: [{ type: "control" }] });
	await expect(say({ story: "x".repeat(21) })).rejects.toMatchObject({ data: [{ type: "stringMax", expected: 20 }] });
	await expect(say({ story: 7 })).rejects.toMatchObject({ data: [{ type: "string" }] });
});

test("null takes away what may be taken away, and is refused by name where there has to be something", async () => {
	expect(await say({ floor: null })).toEqual({ floor: null });
	await expect(say({ name: null })).rejects.toMatchObject({
		data: [{ field: "name", message: "The 'name' field can't be taken away." }],
	});
});

test.each([
	["ada@shop.example", "ada@shop.example"],
	[" \u00a0\u200bAda@Shop.example\ufeff\n", "Ada@Shop.example"],
	["o'hara+1@x-y.co.uk", "o'hara+1@x-y.co.uk"],
	["ada@b\u00fccher.example", "ada@b\u00fccher.example"],
	["ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"],
	[
		"\u043f\u043e\u0447\u0442\u0430@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
		"\u043f\u043e\u0447\u0442\u0430@\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444",
	],
])("%j is an e-mail address", async (email, read) => {
	expect(await say({ email, login: email })).toEqual({ email: read, login: read });
});

test.each([
	"a@b..example",
	".a@b.example",
	"a.@b.example",
	"a..b@c.example",
	"a@-b.example",
	"a@b-.example",
	"a@.b.example",
	"a@b.example.",
	"a@b",
	"@b.example",
	"a@b@c.example",
	"a b@c.example",
	"a\u200bb@c.example",
	"a\u202eb@c.example",
	"a@b\u00ad.example",
	"a@127.0.0.1",
	"Ada <a@b.example>",
	`${"a".repeat(65)}@b.example`,
])("%j is no e-mail address", async (email) => {
	await expect(say({ email })).rejects.toMatchObject({ data: [{ field: "email", type: "email" }] });
});

test("an account is found by an address that could not be registered any more, and not by what was never one", async () => {
	expect(await say({ login: "a@b..example" })).toEqual({ login: "a@b..example" });
	await expect(say({ login: "ada" })).rejects.toMatchObject({ data: [{ field: "login", type: "email" }] });
	await expect(say({ login: "\u200b" })).rejects.toMatchObject({ data: [{ field: "login", type: "emailEmpty" }] });
});
