import { sql } from "../../mixins/database/statement";
import { idempotencyKeysOf, IdempotencyKeyReusedError, type KeyedRequest } from "../../mixins/idempotency/idempotency";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

const keys = idempotencyKeysOf("post");
const note = sql("test.note", "INSERT INTO post.letters (key) VALUES ($1)");
let database: MixinDatabase;

beforeAll(async () => {
	database = await mixinDatabase({ post: ["create_event_tables"] });
	await database.ask("CREATE TABLE post.letters (key text)");
});

afterAll(() => database[Symbol.asyncDispose]());

let count = 0;
const newRequest = (request: unknown = { to: "Ada", text: "hello" }): KeyedRequest => ({
	scope: "ada/letters.send",
	key: `key ${++count}`,
	request,
});

const send = (request: KeyedRequest, answer: unknown = { letter: 1 }) =>
	database.db.transaction((tx) =>
		keys.once(tx, request, async () => {
			await tx.query(note, [request.key]);
			return answer;
		}),
	);

const sent = async ({ key }: KeyedRequest): Promise<number> =>
	(await database.ask("SELECT FROM post.letters WHERE key = $1", [key])).length;

test("a repeated request gets the first answer, and nothing is done again", async () => {
	const request = newRequest();

	const first = await send(request, { letter: 1 });
	const second = await send(request, { letter: 2 });

	expect(first).toEqual({ answer: { letter: 1 }, repeated: false });
	expect(second).toEqual({ answer: { letter: 1 }, repeated: true });
	expect(await sent(request)).toBe(1);
});

test("fifty at the same time with one key do it once, and all get one answer", async () => {
	const request = newRequest();

	const answers = await Promise.all(Array.from({ length: 50 }, (_, letter) => send(request, { letter })));

	expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
	expect(new Set(answers.map(({ answer }) => JSON.stringify(answer))).size).toBe(1);
	expect(await sent(request)).toBe(1);
});

test("the same key with another request is refused, and nothing is done", async () => {
	const request = newRequest({ to: "Ada" });
	await send(request);

	const other = send({ ...request, request: { to: "Grace" } });

	await expect(other).rejects.toThrow(IdempotencyKeyReusedError);
	await expect(other).rejects.toMatchObject({ code: 422, type: "IDEMPOTENCY_KEY_REUSED", data: { key: request.key } });
	expect(await sent(request)).toBe(1);
});

test("the same request with its fields in another order, however deep, is the same request", async () => {
	const request = newRequest({ to: "Ada", at: { street: "A", city: "B" }, lines: [{ x: 1, y: 2 }] });
	await send(request);

	const again = send({ ...request, request: { lines: [{ y: 2, x: 1 }], at: { city: "B", street: "A" }, to: "Ada" } });

	await expect(again).resolves.toMatchObject({ repeated: true });
});

test.each<[string, unknown, unknown]>([
	["lines in another order", { lines: [1, 2] }, { lines: [2, 1] }],
	["a number instead of a text", { quantity: 1 }, { quantity: "1" }],
	["a field more", { to: "Ada" }, { to: "Ada", copy: true }],
	["nothing instead of something", { to: "Ada" }, null],
])("%s makes it another request", async (_name, one, other) => {
	const request = newRequest(one);
	await send(request);

	await expect(send({ ...request, request: other })).rejects.toThrow(IdempotencyKeyReusedError);
});

test("a field that is undefined is the same as one that is missing", async () => {
	const request = newRequest({ to: "Ada", note: undefined });
	await send(request);

	await expect(send({ ...request, request: { to: "Ada" } })).resolves.toMatchObject({ repeated: true });
});

test("keys of different people and actions never meet", async () => {
	const request = newRequest();
	await send(request, "Ada's");

	const answers = [
		await send({ ...request, scope: "grace/letters.send" }, "Grace's"),
		await send({ ...request, scope: "ada/letters.burn" }, "burnt"),
	];

	expect(answers).toEqual([
		{ answer: "Grace's", repeated: false },
		{ answer: "burnt", repeated: false },
	]);
});

test("work that is rolled back leaves the key free", async () => {
	const request = newRequest();

	const failing = database.db.transaction((tx) =>
		keys.once(tx, request, async () => {
			await tx.query(note, [request.key]);
			throw new Error("out of stamps");
		}),
	);
	await expect(failing).rejects.toThrow("out of stamps");

	expect(await send(request)).toEqual({ answer: { letter: 1 }, repeated: false });
	expect(await sent(request)).toBe(1);
});

test("one that waits for another with its key does the work when the other is rolled back", async () => {
	const request = newRequest();
	const failing = database.db.transaction((tx) =>
		keys.once(tx, request, async () => {
			const waiting = send(request, "the second one's");
			waiting.catch(() => undefined);
			await tx.query(note, [request.key]);
			throw Object.assign(new Error("out of stamps"), { waiting });
		}),
	);

	const { waiting } = await failing.then(
		() => Promise.reject(new Error("It should have failed")),
		(error: Error & { waiting: ReturnType<typeof send> }) => error,
	);

	expect(await waiting).toEqual({ answer: "the second one's", repeated: false });
	expect(await sent(request)).toBe(1);
});

test("a key that is forgotten for its age just when it is repeated is a new one", async () => {
	const request = newRequest();
	await send(request, "long ago");

	const again = await database.db.transaction((tx) => {
		const forgetful: typeof tx = {
			...tx,
			async query<Row extends object>(...[statement, values]: Parameters<typeof tx.query>) {
				const rows = await tx.query<Row>(statement, values);
				const isTaken = statement.name === "post.idempotency.take" && rows.length === 0;
				if (isTaken) await database.ask("DELETE FROM post.idempotency_keys WHERE key = $1", [request.key]);
				return rows;
			},
		};
		return keys.once(forgetful, request, async () => "now");
	});

	expect(again).toEqual({ answer: "now", repeated: false });
	expect(await send(request)).toEqual({ answer: "now", repeated: true });
});

test("an answer of nothing is remembered as well", async () => {
	const request = newRequest();

	await send(request, null);

	expect(await send(request, "something")).toEqual({ answer: null, repeated: true });
});

test("an answer can be recalled without doing anything, by the same request only", async () => {
	const request = newRequest();

	const before = await keys.recall(database.db, request);
	await send(request, { letter: 1 });

	expect(before).toBeUndefined();
	expect(await keys.recall(database.db, request)).toEqual({ letter: 1 });
	await expect(keys.recall(database.db, { ...request, request: "another" })).rejects.toThrow(IdempotencyKeyReusedError);
});

test("what the request was is not stored, only its hash", async () => {
	const request = newRequest({ token: "tok_secret" });
	await send(request);

	const [row] = await database.ask<{ row: string }>(
		"SELECT k::text AS row FROM post.idempotency_keys k WHERE key = $1",
		[request.key],
	);

	expect(row!.row).not.toContain("tok_secret");
});
