import { setTimeout as pause } from "node:timers/promises";
import { deadLetterQueue, delayQueue } from "../../mixins/events/rabbitmq/queues";
import { describeOnPrivateRabbitMQ } from "../support/servers";
import { broken, type Figures } from "./figures";
import { form, seed } from "./form";
import { archive, index } from "./letter.events";
import { randomFrom } from "./random";
import { openWorld, type World } from "./world";

jest.setTimeout(600_000);

/** What was lost shows by what was written a second later and read; in silence it would take half a minute. */
const ONWARDS_MS = 2_000;

/** Main, delay and dead-letter queues; the archive tries again where a letter stands, and so has nothing in its delays. */
const QUEUES = [
	...[archive, index].flatMap(({ name }) => [name, deadLetterQueue(name)]),
	...new Set(index.retryDelaysMs.map((delayMs) => delayQueue(index.name, delayMs))),
];
/** So many that there is always something in a delay queue; none fails seven times in a row. */
const FAILING = 0.1;

describeOnPrivateRabbitMQ("what is deleted on the broker", () => {
	let world: World;

	beforeAll(async () => {
		world = await openWorld({ letters: 2, readers: 2, isSearched: true });
	});
	afterAll(() => world?.[Symbol.asyncDispose]());

	test.each([archive, index])("the queue $name is deleted, with all that is in it", async ({ name }) => {
		const figures = await world.survives(
			`queue ${name} deleted`,
			1,
			async () => {
				await world.auditor.asOperator((channel) => channel.deleteQueue(name));
			},
			ONWARDS_MS,
		);

		expect(broken(exceptLate(figures))).toEqual([]);
	});

	test("any queue is deleted at any moment, while a reading now and then fails", async () => {
		const random = randomFrom(seed);
		const isLong = form.kills >= QUEUES.length;
		// The short form knows each of them once.
		const chosen = isLong ? Array.from({ length: 3 * form.kills }, () => oneOf(QUEUES, random)) : QUEUES;
		await Promise.all(world.readers.map((each) => each.ask("behave", { failing: FAILING })));

		const figures = await world.survives(
			"any queue deleted",
			chosen.length,
			async (n) => {
				await pause(random() * form.swingMs);
				await world.auditor.asOperator((channel) => channel.deleteQueue(chosen[n]!));
			},
			ONWARDS_MS,
		);
		await Promise.all(world.readers.map((each) => each.ask("behave", {})));

		expect(broken(exceptLate(figures))).toEqual([]);
	});

	test("a binding is deleted while another queue still hears the same events", async () => {
		const [binding] = archive.bindings;

		const figures = await world.survives(
			"binding deleted",
			1,
			async () => {
				await world.auditor.asOperator((channel) =>
					channel.unbindQueue(archive.name, binding!.exchange, binding!.pattern),
				);
			},
			ONWARDS_MS,
		);

		expect(broken(exceptLate(figures))).toEqual([]);
	});
});

function oneOf<Item>(items: readonly Item[], random: () => number): Item {
	return items[Math.floor(random() * items.length)]!;
}

/** What was lost with a queue is sent again after later ones were read: that much order is gone for good. */
function exceptLate(figures: Figures): Figures {
	return { ...figures, readOutOfOrder: figures.readOutOfOrder - figures.readLate };
}
