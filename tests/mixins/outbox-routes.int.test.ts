import { randomUUID } from "node:crypto";
import { z } from "zod";
import { event, type Fact } from "../../mixins/events/contract";
import type { EventTransport, OutgoingMessage, PublishOutcome } from "../../mixins/events/transport";
import { append } from "../../mixins/outbox/append";
import { until } from "../support/until";
import { cause, letterOutbox, LetterWritten } from "./letters";
import { outboxOfSuite } from "./relays.stage";

/**
 * What a relay does while one route takes nothing and the others do. The broker here is made up; that a queue in trouble
 * is told from a broker in trouble is shown on a real one, in rabbitmq-silence.int.test.ts.
 */

/** In memory at most; a backlog that is longer must not fill it. */
const MORE_THAN_HELD = 7_000;

const LetterRead = event({
	type: "LetterRead",
	exchange: "letters.events",
	routingKey: "letter.read",
	version: 1,
	aggregate: "letterId",
	data: z.object({ letterId: z.uuid(), text: z.string() }),
});

const REFUSED: PublishOutcome = { confirmed: false, reason: "its queue does not answer", fault: "route" };

const database = outboxOfSuite();
const { start } = database;

/** Takes what is written, and what is read only after `open`. `answer` says how it refuses. */
function broker(answer: () => Promise<PublishOutcome> = async () => REFUSED) {
	const taken: string[] = [];
	const tries: number[] = [];
	let isOpen = false;
	async function publish(messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> {
		const refused = isOpen ? [] : messages.filter(({ routingKey }) => routingKey === LetterRead.routingKey);
		if (refused.length > 0) tries.push(refused.length);
		const outcome = refused.length > 0 ? await answer() : REFUSED;
		return messages.map((message) => {
			if (refused.includes(message) && !isOpen) return outcome;
			taken.push((JSON.parse(message.body) as { data: { text: string } }).data.text);
			return { confirmed: true };
		});
	}
	return { taken, tries, open: () => void (isOpen = true), transport: { publish } as unknown as EventTransport };
}

const write = (fact: Fact): Promise<unknown> => database.db.transaction((tx) => append(tx, letterOutbox, fact, cause));

const waiting = (): Promise<{ text: string; attempts: number }[]> =>
	database.ask("SELECT data->>'text' AS text, attempts FROM letters.outbox ORDER BY seq");

test("what goes to a route that takes nothing waits, and what stands behind it; all else is published at once", async () => {
	const post = broker();
	const letterId = randomUUID();
	await write(LetterWritten({ letterId, text: "a1" }));
	await write(LetterRead({ letterId, text: "a2" }));
	await write(LetterWritten({ letterId, text: "a3" }));
	for (let n = 1; n <= 5; n++) await write(LetterRead({ letterId: randomUUID(), text: `r${n}` }));
	await start(post.transport);
	await until(() => post.tries.length >= 3, { what: "three tries" });

	for (let n = 1; n <= 5; n++) await write(LetterWritten({ letterId: randomUUID(), text: `w${n}` }));
	await until(() => post.taken.length === 6, { what: "everything else" });
	await until(async () => (await waiting()).length === 7, { what: "that to be removed" });
	const held = await waiting();
	post.open();
	await until(() => post.taken.length === 13, { what: "what has waited" });

	expect(held.map(({ attempts }) => attempts)).toEqual(held.map(() => 0));
	expect(post.taken.slice(0, 6).toSorted()).toEqual(["a1", "w1", "w2", "w3", "w4", "w5"]);
	expect(post.taken.filter((text) => text.startsWith("a"))).toEqual(["a1", "a2", "a3"]);
	expect(new Set(post.taken).size).toBe(13);
	// The first time nobody knows; from then on it is one at a time.
	expect(new Set(post.tries.slice(1))).toEqual(new Set([1]));
});

test("more that waits for such a route than fits into memory is in nobody's way", async () => {
	const post = broker();
	await database.ask(
		`INSERT INTO letters.outbox (event_id, partition, aggregate_id, aggregate_version, event_type, version, exchange,
			routing_key, correlation_id, causation_id, data)
		SELECT gen_random_uuid(), n % 16, gen_random_uuid(), 1, 'LetterRead', 1, $1, $2, 'c', 'c',
			json_build_object('text', 'r' || n)
		FROM generate_series(1, $3::int) AS n`,
		[LetterRead.exchange, LetterRead.routingKey, MORE_THAN_HELD],
	);
	await start(post.transport);

	await write(LetterWritten({ letterId: randomUUID(), text: "free" }));
	await until(() => post.taken.length === 1, { what: "the one that goes elsewhere" });
	const [free] = post.taken;
	post.open();
	await until(async () => (await waiting()).length === 0, { what: "the outbox to be empty" });

	expect(free).toBe("free");
	expect(post.taken.length).toBe(MORE_THAN_HELD + 1);
	expect(new Set(post.taken).size).toBe(MORE_THAN_HELD + 1);
});

test("before anybody knows that a route is silent, its confirms are waited for and nobody else's", async () => {
	let answer = (_outcome: PublishOutcome): void => undefined;
	const silence = new Promise<PublishOutcome>((resolve) => (answer = resolve));
	const post = broker(() => silence);
	const worker = await start(post.transport);

	// Each is a batch of its own, more than may be under way at once.
	for (let n = 1; n <= 10; n++) {
		await write(LetterRead({ letterId: randomUUID(), text: `r${n}` }));
		worker.wake();
		await until(() => post.tries.length >= Math.min(n, 8), { what: `${n} batches to be under way` });
	}
	await write(LetterWritten({ letterId: randomUUID(), text: "free" }));
	await until(() => post.taken.length === 1, { what: "the one that goes elsewhere" });
	const [free] = post.taken;
	post.open();
	answer(REFUSED);
	await until(async () => (await waiting()).length === 0, { what: "the outbox to be empty" });

	expect(free).toBe("free");
});
