import { setTimeout as pause } from "node:timers/promises";
import { Errors } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import { on, type QueueConsumer } from "../../mixins/events/events.mixin";
import { archive, index, LetterWritten, notes, NoteWritten, patient, type Letter } from "./letter.events";
import type { ReadersService } from "./readers.process";

/** How the readers of a node work for the time being. */
export interface Manners {
	/** The share of readings, from 0 to 1, that fail after their effect was written. */
	failing?: number;
	/** Every reading takes so long, within its transaction. */
	slowMs?: number;
	/** Of the consumer of this queue only; of all when it is not said. */
	only?: string;
	/** They read what they would have refused. */
	tolerant?: boolean;
}

/** The reader's refusal of a letter: no later attempt would help. */
export const REFUSED = "LETTER_REFUSED";
export const OUT_OF_LIGHT = "OUT_OF_LIGHT";

const effect = sql(
	"test.effect",
	`INSERT INTO readers.effects AS known (consumer, event_id, box_id, number) VALUES ($1, $2, $3, $4)
	ON CONFLICT (consumer, event_id) DO UPDATE SET times = known.times + 1`,
);

async function tooDark(): Promise<void> {
	throw new Errors.MoleculerRetryableError("Too dark", 500, OUT_OF_LIGHT);
}

export function readers(random: () => number) {
	let manners: Manners = {};

	async function read(consumer: string, tx: Transaction, event: Envelope<Letter>): Promise<void> {
		const { boxId, number, nature } = event.data;
		await tx.query(effect, [consumer, event.event_id, boxId, number]);
		const { failing = 0, slowMs = 0, only = consumer, tolerant = false } = manners;
		if (nature === "poison" && !tolerant) throw new Errors.MoleculerClientError("Not to be read", 422, REFUSED);
		if (nature === "hopeless" && !tolerant) await tooDark();
		if (nature === "deadly" && !tolerant && consumer === index.name) process.kill(process.pid, "SIGKILL");
		if (only !== consumer) return;
		if (slowMs > 0) await pause(slowMs);
		if (random() < failing) throw new Error("A reader nodded off");
	}

	const letterReader = (queue: QueueConsumer<ReadersService>["queue"]): QueueConsumer<ReadersService> => ({
		queue,
		subscriptions: [on(LetterWritten, async (tx, event) => read(queue.name, tx, event))],
	});

	return {
		consumers: [
			letterReader(archive),
			letterReader(index),
			{ queue: patient, subscriptions: [on(LetterWritten, tooDark)] },
			{ queue: notes, subscriptions: [on(NoteWritten, async (tx, event) => read(notes.name, tx, event))] },
		] satisfies QueueConsumer<ReadersService>[],
		behave: (wanted: Manners) => void (manners = wanted),
	};
}
