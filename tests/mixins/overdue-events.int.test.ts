import { connect, type Channel } from "amqplib";
import { randomUUID } from "node:crypto";
import { Errors, ServiceBroker, type Service } from "moleculer";
import { z } from "zod";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { sql } from "../../mixins/database/statement";
import { event } from "../../mixins/events/contract";
import { consumer, Events, on } from "../../mixins/events/events.mixin";
import { OVERDUE_MS } from "../../mixins/events/missed/expected";
import { EVERY_MS, EVERY_PRODUCER } from "../../mixins/events/missed/search";
import { rabbitmqTransport } from "../../mixins/events/rabbitmq/transport";
import type { QueueSpec } from "../../mixins/events/topology";
import type { EventTransport } from "../../mixins/events/transport";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { describeOnRabbitMQ, testVhost, type TestVhost } from "../support/servers";
import { until } from "../support/until";
import { cause } from "./letters";
import { mixinDatabase, type MixinDatabase } from "./mixin-database";
import { gate, queueNamed, QUIET } from "./transport.stage";

type Letters = Service & WithDatabase & WithOutbox;

/** Half a minute is what it takes when nothing else runs. */
const LONG = { withinMs: 120_000 };

const keep = sql("readers.keep", "INSERT INTO readers.letters (queue, text) VALUES ($1, $2)");

/** A kind of letter with a key of its own, and a queue that listens to it alone. */
function deskFor(name: string, options: Partial<Pick<QueueSpec, "retryDelaysMs" | "prefetch" | "order">> = {}) {
	const contract = event({
		type: `LetterFor${name}`,
		exchange: "letters.events",
		routingKey: `letter.${name}`,
		version: 1,
		aggregate: "letterId",
		data: z.object({ letterId: z.uuid(), text: z.string() }),
	});
	const deliveries: string[] = [];
	/** What becomes of a letter, by its text, at its n-th delivery; it is kept where nothing is said. */
	const behaviours = new Map<string, (delivery: number) => Promise<void> | void>();
	const reading = consumer<Service>(
		{ name: `readers.${name}`, retryDelaysMs: [], ...options },
		on(contract, async (tx, { data: { text } }) => {
			deliveries.push(text);
			await behaviours.get(text)?.(deliveries.filter((each) => each === text).length);
			await tx.query(keep, [reading.queue.name, text]);
		}),
	);
	const times = (text: string): number => deliveries.filter((each) => each === text).length;
	return { name: reading.queue.name, contract, reading, behaviours, times };
}
type Desk = ReturnType<typeof deskFor>;

const failsOnce = (delivery: number): void => {
	if (delivery === 1) throw new Error("A reader nodded off");
};
const poison = (): void => {
	throw new Errors.MoleculerClientError("It can't be read", 422, "POISON");
};

const desks = {
	delayed: deskFor("delayed", { retryDelaysMs: [3_000] }),
	main: deskFor("main", { retryDelaysMs: [2_000], prefetch: 1 }),
	ordered: deskFor("ordered", { retryDelaysMs: [2_000, 2_000], order: "aggregate" }),
	patient: deskFor("patient", { retryDelaysMs: [18_000] }),
	busy: deskFor("busy", { retryDelaysMs: [500], prefetch: 1 }),
	strict: deskFor("strict"),
	buried: deskFor("buried"),
	replayed: deskFor("replayed", { retryDelaysMs: [500], prefetch: 1 }),
	twice: deskFor("twice", { retryDelaysMs: [500], prefetch: 1 }),
	old: deskFor("old"),
};
const { ordered, ...others } = desks;
const onNode = Object.values(others);
/** Hears everything as well: with it a message always reaches some queue, and the broker finds nothing wrong. */
const archive = queueNamed("readers.archive", "letters.events");
const topology = {
	exchanges: ["letters.events"],
	queues: [...Object.values(desks).map(({ reading }) => reading.queue), archive],
};
/** Published, and nobody's who reads here. */
const foreign = deskFor("foreign").contract;

describeOnRabbitMQ("an event that has failed", () => {
	let vhost: TestVhost;
	let database: MixinDatabase;
	let transport: EventTransport;
	let broker: ServiceBroker;
	let letters: Letters;
	const running = new Map<string, Promise<void>>();
	const hands: (() => void)[] = [];

	beforeAll(async () => {
		vhost = await testVhost();
		database = await mixinDatabase({ letters: ["create_event_tables"], readers: ["create_event_tables"] });
		await database.ask("CREATE TABLE readers.letters (queue text NOT NULL, text text NOT NULL)");
		transport = rabbitmqTransport({ url: vhost.url, node: "test-node", log: QUIET });
		await transport.connect();
		await transport.declare(topology);
		broker = new ServiceBroker({ nodeID: "test-node", logger: false });
		const { url } = database;
		letters = broker.createService({
			name: "letters",
			mixins: [Outbox({ schema: "letters", transport, topology }), Database({ url })],
		}) as unknown as Letters;
		broker.createService(reader("readers", onNode));
		broker.createService(reader("clerks", [ordered]));
		await broker.start();
		// They all wait for the same time, so they wait together.
		for (const [name, scenario] of Object.entries(scenarios)) {
			const run = scenario();
			run.catch(() => undefined);
			running.set(name, run);
		}
	});

	afterAll(async () => {
		// What a scenario that failed has left in hand would never be let go of.
		for (const open of hands) open();
		await broker.stop();
		await transport.close();
		await database[Symbol.asyncDispose]();
		await vhost[Symbol.asyncDispose]();
	});

	const reader = (name: string, its: readonly Desk[]) => ({
		name,
		mixins: [
			Events({ schema: "readers", transport, consumers: its.map(({ reading }) => reading) }),
			Database({ url: database.url }),
		],
	});

	async function write({ contract }: Pick<Desk, "contract">, text: string): Promise<void> {
		const letter = contract({ letterId: randomUUID(), text });
		await letters.db.transaction((tx) => letters.publish(tx, letter, cause));
	}

	async function asOperator<Result>(work: (channel: Channel) => Promise<Result>): Promise<Result> {
		const connection = await connect(vhost.url);
		const result = await work(await connection.createChannel());
		await connection.close();
		return result;
	}
	const deleteQueue = (name: string) => asOperator((channel) => channel.deleteQueue(name));
	const unbind = ({ name, contract }: Desk) =>
		asOperator((channel) => channel.unbindQueue(name, contract.exchange, contract.routingKey));
	const waiting = (queue: string): Promise<number> =>
		asOperator(async (channel) => (await channel.checkQueue(queue)).messageCount);
	const waits = (queue: string, count = 1): Promise<true> =>
		until(async () => (await waiting(queue)) === count, { what: `${count} letters in ${queue}`, everyMs: 50 });
	const dead = async ({ name }: Desk): Promise<string[]> => (await transport.deadLetters(name, 10)).map(({ id }) => id);
	const kept = async ({ name }: Desk): Promise<string[]> => {
		const rows = await database.ask<{ text: string }>("SELECT text FROM readers.letters WHERE queue = $1", [name]);
		return rows.map(({ text }) => text).toSorted();
	};
	const isKept = (desk: Desk, text: string): Promise<true> =>
		until(async () => (await kept(desk)).includes(text), { what: `${text} on ${desk.name}`, everyMs: 100, ...LONG });
	const idOf = async (routingKey: string): Promise<string> => {
		const found = await until(
			async () => {
				const text = "SELECT event_id AS id FROM letters.outbox_history WHERE routing_key = $1";
				return (await database.ask<{ id: string }>(text, [routingKey]))[0];
			},
			{ what: `a letter in ${routingKey} to be published` },
		);
		return found.id;
	};
	/** So long that what is published now is known to come later. */
	const isPublishedFor = ({ contract }: Desk, time: string): Promise<true> =>
		until(
			async () => {
				const text = `SELECT FROM letters.outbox_history WHERE routing_key = $1 AND published_at < now() - $2::interval`;
				return (await database.ask(text, [contract.routingKey, time])).length > 0;
			},
			{ what: `a letter for ${contract.type} to be published`, everyMs: 100 },
		);
	const isForgotten = ({ name }: Desk): Promise<true> =>
		until(
			async () => {
				const text = "SELECT FROM readers.inbox_failures WHERE consumer = $1";
				return (await database.ask(text, [name])).length === 0;
			},
			{ what: `${name} to have nothing left to wait for`, everyMs: 100, ...LONG },
		);

	/** One letter in hand that is not done with, so that what comes now waits in the queue. */
	async function keepBusy(desk: Desk): Promise<() => void> {
		const hand = gate();
		hands.push(hand.open);
		desk.behaviours.set("in hand", () => hand.opened);
		await write(desk, "in hand");
		await until(() => desk.times("in hand") === 1, { what: "a letter in hand" });
		return hand.open;
	}

	const scenarios = {
		"comes back although its delay queue was deleted with it": async () => {
			const desk = desks.delayed;
			desk.behaviours.set("fails once", failsOnce);
			await write(desk, "fails once");
			await waits(`${desk.name}.retry.3000`);

			await deleteQueue(`${desk.name}.retry.3000`);
			await isKept(desk, "fails once");

			expect(desk.times("fails once")).toBe(2);
			expect(await dead(desk)).toEqual([]);
			await isForgotten(desk);
		},

		"comes back although its main queue was deleted with it after its delay": async () => {
			const desk = desks.main;
			desk.behaviours.set("fails once", failsOnce);
			await write(desk, "fails once");
			await until(() => desk.times("fails once") === 1, { what: "the first failure" });
			const letGo = await keepBusy(desk);
			await waits(desk.name);

			await deleteQueue(desk.name);
			letGo();
			await isKept(desk, "fails once");

			expect(await kept(desk)).toEqual(["fails once", "in hand"]);
			await isForgotten(desk);
		},

		"comes back although its main queue was deleted while it waited where it stood": async () => {
			const desk = desks.ordered;
			desk.behaviours.set("fails once", failsOnce);
			await write(desk, "fails once");
			await until(() => desk.times("fails once") === 1, { what: "the first failure" });
			await broker.destroyService("clerks");
			await waits(desk.name);

			await deleteQueue(desk.name);
			broker.createService(reader("clerks", [desk]));
			await isKept(desk, "fails once");

			expect(desk.times("fails once")).toBe(2);
			await isForgotten(desk);
		},

		"is left alone for as long as it is tried again": async () => {
			const desk = desks.patient;
			desk.behaviours.set("never", () => {
				throw new Error("A reader nodded off");
			});
			await write(desk, "never");
			await until(() => desk.times("never") === 1, { what: "the first failure" });
			await write(desk, "later");
			const letters = await until(
				async () => {
					const found = await dead(desk);
					return found.length > 0 && found;
				},
				{ what: "the dead letter", everyMs: 100, ...LONG },
			);

			expect(letters).toHaveLength(1);
			expect(desk.times("never")).toBe(2);
		},

		"is not copied while it waits in a long queue": async () => {
			const desk = desks.busy;
			desk.behaviours.set("fails once", failsOnce);
			await write(desk, "fails once");
			await until(() => desk.times("fails once") === 1, { what: "the first failure" });
			const letGo = await keepBusy(desk);
			await waits(desk.name);
			await write(desk, "behind it");
			await waits(desk.name, 2);
			await isLookedFor(desk);
			const stood = await waiting(desk.name);

			letGo();
			await isKept(desk, "behind it");

			expect(stood).toBe(2);
			expect(desk.times("fails once")).toBe(2);
			await isForgotten(desk);
		},

		"is not sent again once it is a dead letter, nor after it was discarded": async () => {
			const desk = desks.strict;
			for (const text of ["poison", "more poison"]) {
				desk.behaviours.set(text, poison);
				await write(desk, text);
			}
			const [kept, discarded] = await until(
				async () => {
					const found = await dead(desk);
					return found.length === 2 && found;
				},
				{ what: "two dead letters" },
			);
			await broker.call("readers.deadLetters.discard", {
				queue: desk.name,
				ids: [discarded],
				reason: "nobody misses it",
				by: "ada",
			});
			await running.get("comes back although its delay queue was deleted with it");

			expect([desk.times("poison"), desk.times("more poison")]).toEqual([1, 1]);
			expect(await dead(desk)).toEqual([kept]);
		},

		"is dead once more after its dead-letter queue was deleted with it": async () => {
			const desk = desks.buried;
			desk.behaviours.set("poison", poison);
			await write(desk, "poison");
			const [id] = await until(
				async () => {
					const found = await dead(desk);
					return found.length > 0 && found;
				},
				{ what: "the dead letter" },
			);

			await deleteQueue(`${desk.name}.dlq`);
			await until(async () => (await dead(desk)).includes(id!), { what: "it to be dead again", everyMs: 100, ...LONG });

			expect(desk.times("poison")).toBe(2);
		},

		"comes back although it was lost on its way from the dead letters": async () => {
			const desk = desks.replayed;
			desk.behaviours.set("read in vain", (delivery) => (delivery === 1 ? poison() : undefined));
			await write(desk, "read in vain");
			await until(async () => (await dead(desk)).length > 0, { what: "the dead letter" });
			const letGo = await keepBusy(desk);
			await broker.call("readers.deadLetters.replay", { queue: desk.name, all: true, by: "ada" });
			await waits(desk.name);

			await deleteQueue(desk.name);
			letGo();
			await isKept(desk, "read in vain");

			expect(await dead(desk)).toEqual([]);
			await isForgotten(desk);
		},

		"comes back although what was sent again for it was lost as well": async () => {
			const desk = desks.twice;
			await unbind(desk);
			await write(desk, "lost");
			await isPublishedFor(desk, "2 seconds");
			await asOperator((channel) => channel.bindQueue(desk.name, desk.contract.exchange, desk.contract.routingKey));
			await write(desk, "later");
			await isKept(desk, "later");
			const letGo = await keepBusy(desk);
			await until(async () => (await waiting(desk.name)) > 0, { what: "the copy", everyMs: 50, ...LONG });

			await deleteQueue(desk.name);
			letGo();
			await isKept(desk, "lost");

			expect(desk.times("lost")).toBe(1);
			await isForgotten(desk);
		},

		"is found although an older node has noted it, and one that nobody here listens to is left alone": async () => {
			const desk = desks.old;
			await unbind(desk);
			await write(desk, "lost");
			await write({ contract: foreign }, "not ours");
			const lost = await idOf(desk.contract.routingKey);
			const notOurs = await idOf(foreign.routingKey);
			await database.ask("INSERT INTO readers.inbox_failures (consumer, event_id) VALUES ($1, $2)", [desk.name, lost]);
			const text = `INSERT INTO readers.inbox_failures (consumer, event_id, exchange, routing_key, due_at)
				VALUES ($1, $2, $3, $4, now() - interval '1 hour')`;
			await database.ask(text, [desk.name, notOurs, foreign.exchange, foreign.routingKey]);
			const minute = "UPDATE readers.inbox_failures SET due_at = due_at - interval '6 minutes' WHERE event_id = $1";
			await database.ask(minute, [lost]);

			await isKept(desk, "lost");

			const [left] = await database.ask<{ sent_again: number }>(
				"SELECT sent_again FROM readers.inbox_failures WHERE event_id = $1",
				[notOurs],
			);
			expect(left).toEqual({ sent_again: 0 });
		},
	};

	/** It is back in its queue for so long that it would be looked for, if the queue were empty. */
	/** The search has looked for it since it was overdue: a second look begins when the first one has ended. */
	async function isLookedFor({ name }: Desk): Promise<void> {
		const looks = new Set<string>();
		await until(
			async () => {
				const rows = await database.ask<{ at: string }>(
					`SELECT c.due_at::text AS at FROM readers.inbox_checks c JOIN readers.inbox_failures f USING (consumer)
					WHERE consumer = $1 AND producer = $2 AND c.due_at > f.due_at + $3 * interval '1 millisecond'`,
					[name, EVERY_PRODUCER, OVERDUE_MS + EVERY_MS],
				);
				for (const { at } of rows) looks.add(at);
				return looks.size >= 2;
			},
			{ what: "two looks for what is overdue", everyMs: 100, ...LONG },
		);
	}

	test.each(Object.keys(scenarios))("%s", async (name) => {
		await expect(running.get(name)).resolves.toBeUndefined();
	});
});
