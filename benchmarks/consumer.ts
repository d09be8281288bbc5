import { ServiceBroker, type Service } from "moleculer";
import { Database, type WithDatabase } from "../mixins/database/database.mixin";
import { sharePool } from "../mixins/database/pools";
import { Events, on } from "../mixins/events/events.mixin";
import { answerTask } from "./child";
import { cpuUsSince, EFFECT, NoteTaken, queueOf, type Consumed } from "./notes";
import { notesTransport, type NotesTransport } from "./notes-transport";

/** Consumes what waits in the queue by the Events mixin, as a service of the shop would. */
export interface ConsumerTask extends NotesTransport {
	events: number;
	prefetch: number | undefined;
	/** The handlers of a transaction side by side. */
	independent: boolean;
}

answerTask(async (task: ConsumerTask): Promise<Consumed> => {
	const share = sharePool({ url: task.databaseUrl });
	const transport = notesTransport(task, share.database);
	await transport.connect();
	let handled = 0;
	let beganAt = 0;
	let cpuBefore = process.cpuUsage();
	let finished: (endedAt: number) => void;
	const allHandled = new Promise<number>((resolve) => (finished = resolve));
	const count = (): void => {
		if (++handled === task.events) finished(performance.now());
	};
	const take = on<Service & WithDatabase, typeof NoteTaken.data>(NoteTaken, async (tx, { data }) => {
		if (beganAt === 0) {
			beganAt = performance.now();
			cpuBefore = process.cpuUsage();
		}
		await tx.query(EFFECT, [data.noteId, data.takenBy, data.amount]);
		tx.afterCommit(count);
	});
	const broker = new ServiceBroker({ logger: false });
	broker.createService({
		name: "reader",
		mixins: [
			Database({ url: task.databaseUrl }),
			Events<Service & WithDatabase>({
				schema: "reader",
				transport,
				consumers: [{ queue: queueOf(task.prefetch), subscriptions: [take], independent: task.independent }],
			}),
		],
	});
	await broker.start();
	const endedAt = await allHandled;
	const cpuUs = cpuUsSince(cpuBefore) / task.events;
	await broker.stop();
	await transport.close();
	await share.release();
	return { perSecond: (task.events * 1_000) / (endedAt - beganAt), cpuUs };
});
