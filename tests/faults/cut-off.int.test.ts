import { describeOnPrivateRabbitMQ } from "../support/servers";
import { wireTo, type Wire } from "../support/proxy";
import { until } from "../support/until";
import { broken } from "./figures";
import { LETTER_QUEUES } from "./letter.events";
import { openWorld, type World } from "./world";

jest.setTimeout(600_000);

/** The product's ten seconds would be long to wait for. A silent node is noticed after two to three of them. */
const HEARTBEAT_S = 3;
const ALONE = "readers-1";
/** Letters that are written while it is cut off: fewer than those that make the writers wait for the readers. */
const MEANWHILE = 100;

/** Letters of before that moment, each to be read by each consumer. */
const UNREAD = `SELECT FROM letters.written CROSS JOIN unnest($2::text[]) AS consumer
	WHERE type = 'letter' AND at < $1
		AND NOT EXISTS (SELECT FROM readers.effects e WHERE (e.consumer, e.box_id, e.number) = (consumer, written.box_id, written.number))
	LIMIT 1`;

describeOnPrivateRabbitMQ("one of two readers is cut off from one server only", () => {
	const wires = new Map<string, Wire>();
	let world: World;

	beforeAll(async () => {
		const wired = (server: string) => async (url: string, member: string) => {
			if (member !== ALONE) return url;
			wires.set(server, await wireTo(url));
			return wires.get(server)!.url;
		};
		const toRabbitmq = wired("RabbitMQ");
		world = await openWorld({
			letters: 2,
			readers: 2,
			databaseUrl: wired("PostgreSQL"),
			amqpUrl: async (url, member) => `${await toRabbitmq(url, member)}?heartbeat=${HEARTBEAT_S}`,
		});
	});
	afterAll(async () => {
		await world?.[Symbol.asyncDispose]();
		for (const wire of wires.values()) await wire[Symbol.asyncDispose]();
	});

	test.each<[string, string, (wire: Wire) => void, (wire: Wire) => void]>([
		["PostgreSQL", "falls silent", (wire) => wire.stall(), (wire) => wire.flow()],
		["PostgreSQL", "resets", (wire) => wire.sever(), (wire) => wire.mend()],
		["RabbitMQ", "falls silent", (wire) => wire.stall(), (wire) => wire.flow()],
		["RabbitMQ", "resets", (wire) => wire.sever(), (wire) => wire.mend()],
	])("from %s, which %s for it, and the other one reads everything meanwhile", async (server, how, cut, mend) => {
		const wire = wires.get(server)!;

		const figures = await world.survives(`${server} ${how} for one reader`, 1, async () => {
			// After the fault before it takes its time to come back.
			const alone = world.readers.find(({ name }) => name === ALONE)!;
			await until(async () => (await alone.ask("missing", undefined)).length === 0, {
				what: "it to read as well",
				withinMs: 60_000,
			});
			cut(wire);
			const cutAt = await now();
			await until(async () => (await writtenSince(cutAt)) >= MEANWHILE, {
				what: "some more letters",
				withinMs: 60_000,
			});
			const writtenAt = await now();
			const names = LETTER_QUEUES.map(({ name }) => name);
			await until(async () => (await world.books.ask(UNREAD, [writtenAt, names])).length === 0, {
				what: "what was written by then to be read by the other",
				withinMs: 60_000,
				everyMs: 200,
			});
			mend(wire);
		});

		expect(broken(figures)).toEqual([]);
	});

	const now = async (): Promise<Date> =>
		(await world.books.ask<{ now: Date }>("SELECT clock_timestamp() AS now"))[0]!.now;

	const writtenSince = async (moment: Date): Promise<number> =>
		(await world.books.ask("SELECT FROM letters.written WHERE at > $1", [moment])).length;
});
