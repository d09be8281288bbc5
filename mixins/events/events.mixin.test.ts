import { z } from "zod";
import { event } from "./contract";
import { consumer, on } from "./events.mixin";

const written = { type: "NoteWritten", exchange: "notes", routingKey: "note.written", aggregate: "noteId" } as const;
const NoteWritten = event({ ...written, version: 1, data: z.object({ noteId: z.string() }) });
const subscription = on(NoteWritten, async () => undefined);

test("a consumer by its name alone has the limits of every queue, and says nothing of its batches", () => {
	const made = consumer("readers.notes", subscription);

	expect(made).toEqual({
		queue: expect.objectContaining({
			name: "readers.notes",
			bindings: [{ exchange: "notes", pattern: "note.written" }],
		}),
		subscriptions: [subscription],
	});
	expect(Object.keys(made)).toEqual(["queue", "subscriptions"]);
});

test("a consumer has what was said of it, and its queue no more than its own", () => {
	const { queue, batchMax, independent } = consumer(
		{ name: "readers.notes", batchMax: 7, independent: false, prefetch: 3, order: "aggregate" },
		subscription,
	);

	expect([batchMax, independent]).toEqual([7, false]);
	expect(queue).toMatchObject({ name: "readers.notes", prefetch: 3, order: "aggregate" });
});
