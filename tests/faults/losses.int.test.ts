import { describeOnPrivateRabbitMQ } from "../support/servers";
import { wireTo, type Wire } from "../support/proxy";
import { until } from "../support/until";
import { acknowledgementOfNothing } from "../support/amqp-frames";
import { commitCutter, type CommitCutter } from "./commit-cutter";
import { broken } from "./figures";
import { form, seed } from "./form";
import { archive, notes, NoteWritten } from "./letter.events";
import { randomFrom } from "./random";
import { openWorld, type World } from "./world";

jest.setTimeout(600_000);

const NOTES = 20;
/** Of the connections that commit while they are cut. */
const CUT_SHARE = 0.05;

/** One for all members, each of whom asks for it. */
function shared<Between>(open: (url: string) => Promise<Between>): (url: string) => Promise<Between> {
	let opened: Promise<Between> | undefined;
	return (url) => (opened ??= open(url));
}

describeOnPrivateRabbitMQ("what happens to bindings, channels and commits", () => {
	let world: World;
	let wire: Wire;
	let cutter: CommitCutter;

	beforeAll(async () => {
		const sharedWire = shared(wireTo);
		const sharedCutter = shared((url) => commitCutter(url, randomFrom(seed)));
		world = await openWorld({
			letters: 2,
			readers: 2,
			amqpUrl: async (url) => (wire = await sharedWire(url)).url,
			databaseUrl: async (url) => (cutter = await sharedCutter(url)).url,
		});
	});
	afterAll(async () => {
		await world?.[Symbol.asyncDispose]();
		await wire?.[Symbol.asyncDispose]();
		await cutter?.[Symbol.asyncDispose]();
	});

	test("an event that no queue is bound for stays in the outbox until there is one", async () => {
		const { asOperator } = world.auditor;
		for (const each of world.readers) each.freeze();
		await asOperator((channel) => channel.unbindQueue(notes.name, NoteWritten.exchange, NoteWritten.routingKey));

		for (let n = 0; n < NOTES; n++) await world.letters[0]!.ask("writeOne", { type: "note", nature: "good" });
		// A letter that was written later has been published: the relay has come by.
		await world.letters[0]!.ask("writeOne", { type: "letter", nature: "good" });
		await until(async () => (await waiting("LetterWritten")) === 0, { what: "the letter to leave the outbox" });
		const held = await waiting("NoteWritten");

		await asOperator((channel) => channel.bindQueue(notes.name, NoteWritten.exchange, NoteWritten.routingKey));
		for (const each of world.readers) each.wake();
		const figures = await world.survives("an event that nobody hears", 1, async () => undefined);
		expect(held).toBe(NOTES);
		expect(broken(figures)).toEqual([]);
	});

	test("the broker closes channels, and nothing else", async () => {
		const figures = await world.survives("a channel closed", form.kills, async () => {
			for (let connection = 0; connection < wire.connections(); connection++) {
				wire.inject(connection, acknowledgementOfNothing(1));
			}
		});

		expect(broken(figures)).toEqual([]);
	});

	test("connections are reset at any moment while they are being opened", async () => {
		const chance = randomFrom(seed);

		const figures = await world.survives("reset while opening", form.kills, async () => {
			let opened = 0;
			// From the middle of the handshake to somewhere among the channels and consumers.
			wire.resetAfter(() => {
				opened++;
				return 300 + Math.floor(chance() * 1_200);
			});
			wire.cut();
			await until(() => opened >= 20, { what: "twenty connections", withinMs: 60_000 });
			wire.resetAfter();
			wire.cut();
		});

		expect(broken(figures)).toEqual([]);
	});

	test("a queue is there and silent: what goes elsewhere goes on, and what goes there comes when it answers", async () => {
		let noted = NOTES;

		const figures = await world.survives("a silent queue", 1, async () => {
			await world.broker.silence(archive.name);
			try {
				await until(async () => (await waiting("LetterWritten")) > form.perSecond, { what: "letters to be held up" });
				for (let n = 0; n < NOTES; n++) await world.letters[0]!.ask("writeOne", { type: "note", nature: "good" });
				await until(async () => (noted = await waiting("NoteWritten")) === 0, { what: "the notes to leave" });
			} finally {
				await world.broker.unsilence(archive.name);
			}
		});

		expect(noted).toBe(0);
		expect(broken(figures)).toEqual([]);
	});

	test("connections to the database are cut between a COMMIT and its answer", async () => {
		const figures = await world.survives("COMMIT without an answer", form.kills, async () => {
			const before = cutter.cuts();
			cutter.cut(CUT_SHARE);
			await until(() => cutter.cuts() >= before + 20, { what: "twenty cuts", withinMs: 60_000 });
			cutter.cut(0);
		});

		expect(broken(figures)).toEqual([]);
	});

	async function waiting(type: string): Promise<number> {
		const rows = await world.books.ask("SELECT FROM letters.outbox WHERE event_type = $1", [type]);
		return rows.length;
	}
});
