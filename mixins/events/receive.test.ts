import { z } from "zod";
import { event } from "./contract";
import { TooOldEventError, UnreadableEventError } from "./envelope";
import { on } from "./events.mixin";
import { receive } from "./receive";
import type { Delivery } from "./transport";

const letter = {
	type: "LetterWritten",
	exchange: "letters",
	routingKey: "letter.written",
	aggregate: "letterId",
} as const;
const LetterWritten = event({ ...letter, version: 1, data: z.object({ letterId: z.string() }) });
const LetterWritten2 = event({ ...letter, version: 2, data: z.object({ letterId: z.string(), to: z.string() }) });

const handle = async (): Promise<void> => undefined;
const subscriptions = [on(LetterWritten, handle), on(LetterWritten2, handle)];

const DAY_MS = 86_400_000;

/** An id that says when its event was made. */
function idOf(ageDays: number): string {
	const time = Math.round(Date.now() - ageDays * DAY_MS)
		.toString(16)
		.padStart(12, "0");
	return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000001`;
}

function delivery(envelope: object = {}, its: Partial<Delivery> = {}): Delivery {
	const event_id = idOf(0);
	const whole = {
		event_id,
		event_type: "LetterWritten",
		version: 1,
		timestamp: new Date().toISOString(),
		correlation_id: "c",
		causation_id: "d",
		aggregate_id: "letter 7",
		aggregate_version: 1,
		producer: "post",
		data: { letterId: "letter 7" },
		...envelope,
	};
	return {
		queue: "post.letters",
		exchange: "letters",
		routingKey: "letter.written",
		messageId: event_id,
		body: Buffer.from(JSON.stringify(whole)),
		attempt: 2,
		returned: 0,
		...its,
	};
}

test("a delivery is read, with the subscription of its version", () => {
	const first = receive(delivery(), subscriptions);
	const second = receive(delivery({ version: 2, data: { letterId: "letter 7", to: "ada" } }), subscriptions);

	expect(first).toMatchObject({ aggregateId: "letter 7", attempt: 2, isSuspect: false });
	expect(first!.subscription).toBe(subscriptions[0]);
	expect(second!.subscription).toBe(subscriptions[1]);
	expect(second!.event.data).toEqual({ letterId: "letter 7", to: "ada" });
});

test("of a type that nobody here knows nothing is made", () => {
	expect(receive(delivery({ event_type: "LetterBurnt" }), subscriptions)).toBeUndefined();
});

test.each([
	[2, false],
	[3, true],
	[4, true],
])("a delivery that came back %d times is suspect: %p", (returned, isSuspect) => {
	expect(receive(delivery({}, { returned }), subscriptions)).toMatchObject({ isSuspect });
});

test("a message without an id was sent by no outbox", () => {
	const strange = delivery({}, { messageId: undefined });

	expect(() => receive(strange, subscriptions)).toThrow(UnreadableEventError);
	expect(() => receive(strange, subscriptions)).toThrow("message_id");
});

test("an event is taken for as long as the inbox remembers, and not from tomorrow's tomorrow", () => {
	const aged = (days: number) => receive(delivery({ event_id: idOf(days) }), subscriptions);

	expect(aged(13.9)).toBeDefined();
	expect(() => aged(14.1)).toThrow(TooOldEventError);
	expect(() => aged(14.1)).toThrow("older than the 14 days");
	expect(aged(-0.9)).toBeDefined();
	expect(() => aged(-1.1)).toThrow("a time that is to come");
});
