import { randomUUID } from "node:crypto";
import { ServiceBroker, type Context } from "moleculer";
import { readingUuids } from "./uuids";

const broker = new ServiceBroker({ logger: false, validator: readingUuids() });

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
					text: { type: "string", optional: true },
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
	expect(await say({ text: shouted })).toEqual({ text: shouted });
	expect(await say({})).toEqual({});
});

test.each([
	["NOT-A-UUID", "uuid"],
	[7, "string"],
	[[randomUUID()], "string"],
	[undefined, "required"],
])("%p is refused as before, and told as it came", async (id, type) => {
	await expect(say({ of: { id } })).rejects.toMatchObject({
		code: 422,
		data: [{ type, field: "of.id", ...(id !== undefined && { actual: id }) }],
	});
});
