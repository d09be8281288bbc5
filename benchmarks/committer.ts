import { randomUUID } from "node:crypto";
import { Client } from "pg";
import { v7 as uuidv7 } from "uuid";
import { LANES } from "../mixins/events/lanes";
import { inboxOf } from "../mixins/inbox/inbox";
import { answerTask } from "./child";
import { cpuUsSince, EFFECT, QUEUE, type Consumed } from "./notes";

/** The same statements in the same transactions by plain `pg`: nothing is received, read, checked or acknowledged. */
export interface CommitterTask {
	databaseUrl: string;
	events: number;
	/** Events for one transaction: as many as the mixin's had. */
	batch: number;
}

answerTask(async ({ databaseUrl, events, batch }: CommitterTask): Promise<Consumed> => {
	const clients = await Promise.all(
		Array.from({ length: LANES }, async () => {
			const client = new Client({ connectionString: databaseUrl });
			await client.connect();
			return client;
		}),
	);
	const inbox = inboxOf("reader");
	const batches = Array.from({ length: Math.ceil(events / batch) }, (_, n) =>
		Array.from({ length: Math.min(batch, events - n * batch) }, () => ({ eventId: uuidv7(), noteId: randomUUID() })),
	);

	const beganAt = performance.now();
	const cpuBefore = process.cpuUsage();
	await Promise.all(
		clients.map(async (client) => {
			const query = async <Row>(statement: { name: string; text: string }, values: unknown): Promise<Row[]> =>
				(await client.query({ ...statement, values: values as unknown[] })).rows as Row[];
			for (let next = batches.pop(); next; next = batches.pop()) {
				await client.query("BEGIN");
				await inbox.accept(
					{ query },
					QUEUE,
					next.map(({ eventId }) => eventId),
				);
				for (const { noteId } of next) await client.query({ ...EFFECT, values: [noteId, "a reader", 1_999] });
				await client.query("COMMIT");
			}
		}),
	);
	const tookMs = performance.now() - beganAt;
	const cpuUs = cpuUsSince(cpuBefore) / events;
	await Promise.all(clients.map((client) => client.end()));
	return { perSecond: (events * 1_000) / tookMs, cpuUs };
});
