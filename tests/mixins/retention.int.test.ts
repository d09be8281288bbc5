import { ServiceBroker, type Service } from "moleculer";
import { sql } from "../../mixins/database/statement";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { oldDiscards } from "../../mixins/events/dead-letters/old-discards";
import { oldKeys } from "../../mixins/idempotency/old-keys";
import { clearAway, removeOldest, type Rule } from "../../mixins/retention/clear-away";
import { Retention, type RetentionOptions, type WithRetention } from "../../mixins/retention/retention.mixin";
import { until } from "../support/until";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";

let database: MixinDatabase;

beforeAll(async () => {
	database = await mixinDatabase({ post: ["create_event_tables"] });
	await database.ask("CREATE TABLE post.letters (id int PRIMARY KEY, is_old boolean NOT NULL DEFAULT true)");
});
beforeEach(() => database.ask("TRUNCATE post.letters"));
afterAll(() => database[Symbol.asyncDispose]());

const oldLetters: Rule = {
	what: "letters",
	remove: sql("test.remove_letters", removeOldest("post.letters", "id", "is_old")),
};
const broken: Rule = { what: "parcels", remove: sql("test.remove_parcels", "DELETE FROM post.parcels WHERE $1 > 0") };

const write = (count: number, isOld = true): Promise<object[]> =>
	database.ask(
		"INSERT INTO post.letters SELECT n + (SELECT coalesce(max(id), 0) FROM post.letters), $2 FROM generate_series(1, $1::int) AS n",
		[count, isOld],
	);
const left = async (): Promise<number> =>
	(await database.ask<{ left: number }>("SELECT count(*)::int AS left FROM post.letters"))[0]!.left;

test("what is old goes, batch by batch, and what is young stays", async () => {
	await write(25);
	await write(3, false);

	expect(await clearAway(database.db, { ...oldLetters, batchMax: 10 })).toBe(25);

	expect(await left()).toBe(3);
	expect(await clearAway(database.db, oldLetters)).toBe(0);
});

test("several at once take each row once, and none waits for what somebody else has locked", async () => {
	await write(40);

	const counts = await database.db.transaction(async (tx) => {
		await tx.query(sql("", "SELECT FROM post.letters WHERE id <= 5 FOR UPDATE"));
		return Promise.all([1, 2, 3].map(() => clearAway(database.db, { ...oldLetters, batchMax: 5 })));
	});

	expect(counts.reduce((sum, count) => sum + count, 0)).toBe(35);
	expect(await left()).toBe(5);
});

test("the kinds of keys that are named are forgotten when they are old; all others stay, however old", async () => {
	const use = (scope: string, days: number): Promise<object[]> =>
		database.ask(
			`INSERT INTO post.idempotency_keys (scope, key, request_hash, answer, created_at)
			VALUES ($1, $2, '', '1', now() - $3 * interval '1 day')`,
			[scope, `${days} days`, days],
		);
	for (const scope of ["send/ada", "send/bob", "frank/ada", "sending/ada"]) {
		for (const days of [29, 31]) await use(scope, days);
	}

	for (const rule of oldKeys("post", ["send", "burn"], 30)) await clearAway(database.db, rule);

	const rows = await database.ask<{ scope: string; key: string }>(
		"SELECT scope, key FROM post.idempotency_keys ORDER BY 1, 2",
	);
	expect(rows.map(({ scope, key }) => `${scope} ${key}`)).toEqual([
		"frank/ada 29 days",
		"frank/ada 31 days",
		"send/ada 29 days",
		"send/bob 29 days",
		"sending/ada 29 days",
		"sending/ada 31 days",
	]);
});

test("what operators gave up can be told for as long as it says", async () => {
	for (const days of [364, 366]) {
		await database.ask(
			`INSERT INTO post.dead_letters_discarded (queue, letter_id, exchange, routing_key, body, body_bytes, attempts,
				first_failed_at, died_at, error_code, error_message, node, reason, discarded_by, discarded_at)
			VALUES ('q', $1::int, '', '', '', 0, 1, now(), now(), '', '', '', 'why', 'ada', now() - $1 * interval '1 day')`,
			[days],
		);
		await database.ask(
			`INSERT INTO post.outbox_discarded (event_id, aggregate_id, aggregate_version, event_type, version, exchange,
				routing_key, correlation_id, causation_id, data, created_at, attempts, dead_at, reason, discarded_by, discarded_at)
			VALUES (gen_random_uuid(), gen_random_uuid(), $1::int, '', 1, '', '', '', '', '{}', now(), 1, now(), 'why', 'ada',
				now() - $1::int * interval '1 day')`,
			[days],
		);
	}

	for (const rule of oldDiscards("post", 365)) await clearAway(database.db, rule);

	expect(await database.ask("SELECT letter_id FROM post.dead_letters_discarded")).toEqual([{ letter_id: "364" }]);
	expect(await database.ask("SELECT aggregate_version FROM post.outbox_discarded")).toEqual([
		{ aggregate_version: 364 },
	]);
});

describe("a service", () => {
	let broker: ServiceBroker;

	const open = async (rules: Rule[], options?: RetentionOptions): Promise<Service & WithDatabase & WithRetention> => {
		broker = new ServiceBroker({ nodeID: "post", logger: false });
		const service = broker.createService({
			name: "post",
			mixins: [Retention(rules, options), Database({ url: database.url })],
		});
		await broker.start();
		return service as Service & WithDatabase & WithRetention;
	};
	afterEach(() => broker.stop());

	test("clears away by itself, again and again, also when a rule before it fails each time", async () => {
		await write(2, false);
		await open([broken, oldLetters], { firstMs: 10, everyMs: 20 });

		for (let round = 0; round < 3; round++) {
			await write(3);
			await until(async () => (await left()) === 2, { what: "the old letters to go" });
		}

		expect(await database.ask("SELECT FROM post.letters WHERE NOT is_old")).toHaveLength(2);
	});

	test("a stop ends it after the statement that is under way, and the next one goes on", async () => {
		await write(500);
		const slowly: Rule = { ...oldLetters, batchMax: 1 };
		const service = await open([slowly]);
		const round = service.clearOldAway();
		await until(async () => (await left()) < 500, { what: "the first letter to go" });

		await broker.stop();
		await round;

		const stoppedAt = await left();
		expect(stoppedAt).toBeGreaterThan(0);
		await (await open([oldLetters])).clearOldAway();
		expect(await left()).toBe(0);
	});
});
