import { Client } from "pg";
import { join } from "node:path";
import { sharePool } from "../../mixins/database/pools";
import type { Database } from "../../mixins/database/database";
import { postgresTransport } from "../../mixins/events/postgres/transport";
import { readMigrations } from "../../migrations/files";
import { migrate } from "../../migrations/migrate";
import { onServer } from "../support/postgres-server";
import { testDatabase } from "../support/servers";
import { until } from "../support/until";
import { transportContract } from "./transport.contract";
import { messageTo, numbered, queueNamed, QUIET, recorder, type Broker } from "./transport.stage";

async function postgresBroker(): Promise<Broker & { url: string }> {
	const { url, [Symbol.asyncDispose]: drop } = await testDatabase();
	await migrate(url, ["events"], await readMigrations(join(__dirname, "../../migrations")));
	const share = sharePool({ url });
	return {
		url,
		async open() {
			const { database, crash } = crashable(share.database);
			return { transport: postgresTransport({ database, node: "test-node", release: "1.2.3", log: QUIET }), crash };
		},
		async [Symbol.asyncDispose]() {
			await share.release();
			await drop();
		},
	};
}

/** After `crash` no statement reaches the database any more, as none does from a killed process. */
function crashable(database: Database): { database: Database; crash(): Promise<void> } {
	let isDead = false;
	return {
		database: {
			...database,
			async query(...args) {
				if (isDead) throw new Error("The process was killed");
				return database.query(...args);
			},
		},
		async crash() {
			isDead = true;
		},
	};
}

transportContract("the transport over PostgreSQL", postgresBroker);

describe("over PostgreSQL alone", () => {
	test("every connection ended by the server, and nothing is lost", async () => {
		await using broker = await postgresBroker();
		const { transport } = await broker.open();
		await transport.connect();
		const queue = queueNamed("main", "some.events", { prefetch: 5 });
		await transport.declare({ exchanges: ["some.events"], queues: [queue] });
		const seen = recorder();
		await transport.consume(queue, seen.handle);
		const admin = new Client({ connectionString: broker.url });
		await admin.connect();

		const waiting = numbered("some.events", 300);
		for (let round = 0; waiting.length > 0; round++) {
			const ending =
				round % 5 === 0 &&
				admin.query(
					"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
				);
			const batch = waiting.splice(0, 10);
			const outcomes = await transport.publish(batch);
			waiting.unshift(...batch.filter((_, index) => !outcomes[index]!.confirmed));
			await ending;
		}
		await until(() => new Set(seen.bodies()).size === 300, { what: "every message" });
		expect(await transport.deadLetters("main", 10)).toEqual([]);

		await admin.end();
		await transport.close();
	});

	test("a database without the schema is told in a sentence", async () => {
		await using database = await testDatabase();
		const admin = new Client({ connectionString: database.url });
		await admin.connect();
		await admin.query("DROP SCHEMA IF EXISTS events CASCADE");
		await admin.end();
		const share = sharePool({ url: database.url });

		await expect(postgresTransport({ database: share.database, node: "n", log: QUIET }).connect()).rejects.toThrow(
			"The database has no schema events: apply the migrations first",
		);
		await share.release();
	});

	test("ten megabytes that somebody else wrote are a dead letter at once, and the next message is handled", async () => {
		await using broker = await postgresBroker();
		const { transport } = await broker.open();
		const queue = queueNamed("main", "some.events");
		await transport.declare({ exchanges: ["some.events"], queues: [queue] });
		await onServer(broker.url, (client) =>
			client.query(
				`INSERT INTO events.messages (queue, exchange, routing_key, event_id, body)
				VALUES ('main', 'some.events', 'big', 'big', repeat('x', 10 * 1024 * 1024))`,
			),
		);
		const seen = recorder();
		await transport.consume(queue, seen.handle);

		await transport.publish([messageTo("some.events", { body: "small" })]);
		await until(() => seen.deliveries.length === 1, { what: "the small message" });

		expect(seen.bodies()).toEqual(["small"]);
		const [letter] = await until(
			async () => {
				const letters = await transport.deadLetters("main", 10);
				return letters.length > 0 && letters;
			},
			{ what: "the dead letter" },
		);
		expect(letter).toMatchObject({ eventId: "big", attempts: 1, failure: { code: "MESSAGE_TOO_LARGE" } });
		await transport.close();
	});

	test("a NUL in one body does not stop its neighbours", async () => {
		await using broker = await postgresBroker();
		const { transport } = await broker.open();
		await transport.declare({ exchanges: ["some.events"], queues: [queueNamed("main", "some.events")] });

		const outcomes = await transport.publish([messageTo("some.events"), messageTo("some.events", { body: '"\0"' })]);

		expect(outcomes.map(({ confirmed }) => confirmed)).toEqual([true, false]);
	});
});
