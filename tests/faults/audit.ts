import type { MixinDatabase } from "../mixins/mixin-database";
import type { Heard } from "./auditor";
import { archive, LETTER_QUEUES, notes } from "./letter.events";

/** The invariants of events, as counts; all but the first two are zero when nothing is wrong. */
export interface Findings {
	/** Committed events. */
	events: number;
	/** I5 allows these: the inbox absorbs what a relay that died, or lost its broker, has published again. */
	twiceOnTheWire: number;
	/** I4: committed and still in the outbox. */
	waiting: number;
	/** I4: committed and never heard by the auditor. */
	lost: number;
	/** Heard and never committed. */
	phantoms: number;
	/** I5: a committed event without its effect at one of its consumers. */
	missing: number;
	/** I5: a second effect. */
	doubled: number;
	/** I7: first arrivals of an aggregate's events that were not the next version. */
	outOfOrder: number;
	/** Effects after those of a later version, at the consumer that asks for order. */
	readOutOfOrder: number;
	/** Of these, the ones so late that the search for missed events may have sent them again. */
	readLate: number;
}

const CONSUMERS = [...LETTER_QUEUES.map(({ name }) => [name, "letter"]), [notes.name, "note"]];
const VALUES = CONSUMERS.map(([name, type]) => `('${name}', '${type}')`).join(", ");

const MISSING = `SELECT count(*) AS count FROM (VALUES ${VALUES}) AS consumers (consumer, type)
	JOIN letters.written USING (type) LEFT JOIN readers.effects USING (consumer, box_id, number)
	WHERE nature = 'good' AND event_id IS NULL`;
/** Either the same event twice, or one letter as two events. */
const DOUBLED = `SELECT coalesce(sum(times - 1), 0) AS count FROM (
	SELECT sum(times) AS times FROM readers.effects GROUP BY consumer, box_id, number) AS effects`;
const UNFOUNDED = `SELECT count(*) AS count FROM readers.effects LEFT JOIN letters.written USING (box_id, number)
	WHERE type IS NULL`;
/** Younger ones are not searched for: they may be on their way. */
const SEARCHED_FOR = "interval '1 second'";
const READ_OUT_OF_ORDER = `SELECT count(*) AS count FROM (
		SELECT number, lag(number) OVER (PARTITION BY box_id ORDER BY seq) AS before,
			effects.at - written.at > ${SEARCHED_FOR} AS late
		FROM readers.effects JOIN letters.written USING (box_id, number)
		WHERE consumer = '${archive.name}' AND nature = 'good'
	) AS letters WHERE number < before`;
const READ_LATE = `${READ_OUT_OF_ORDER} AND late`;
const WAITING = "SELECT count(*) AS count FROM letters.outbox";

/** Holds what the auditor has heard, and what readers have done, against the ledger of what was committed. */
export function auditOf(database: MixinDatabase) {
	const copies = new Map<string, number>();
	const arrived = new Set<string>();
	const versions = new Map<string, number>();
	let outOfOrder = 0;

	const count = async (text: string): Promise<number> =>
		Number((await database.ask<{ count: string }>(text))[0]!.count);

	function note({ body, messageId }: Heard): void {
		const letter = letterIn(body);
		// Not of the outbox: planted by the test.
		if (!letter || messageId === undefined) return;
		const known = copies.get(messageId) ?? 0;
		copies.set(messageId, known + 1);
		if (known > 0) return;
		const { boxId, number, version } = letter;
		arrived.add(`${boxId} ${number}`);
		const expected = (versions.get(boxId) ?? 0) + 1;
		if (version !== expected || number !== version) outOfOrder++;
		versions.set(boxId, version);
	}

	return {
		/** Whether nothing is under way any more, as far as the database knows. */
		isSettled: async () => (await count(WAITING)) === 0 && (await count(MISSING)) === 0,

		/** @param heard what has arrived since the last time */
		async find(heard: readonly Heard[]): Promise<Findings> {
			for (const each of heard) note(each);
			const written = await database.ask<{ letter: string; type: string }>(
				"SELECT box_id || ' ' || number AS letter, type FROM letters.written",
			);
			const letters = new Set(written.filter(({ type }) => type === "letter").map(({ letter }) => letter));
			return {
				events: written.length,
				twiceOnTheWire: [...copies.values()].reduce((sum, each) => sum + each - 1, 0),
				waiting: await count(WAITING),
				lost: [...letters].filter((letter) => !arrived.has(letter)).length,
				phantoms: [...arrived].filter((letter) => !letters.has(letter)).length + (await count(UNFOUNDED)),
				missing: await count(MISSING),
				doubled: await count(DOUBLED),
				outOfOrder,
				readOutOfOrder: await count(READ_OUT_OF_ORDER),
				readLate: await count(READ_LATE),
			};
		},
	};
}

function letterIn(body: string): { boxId: string; number: number; version: number } | undefined {
	try {
		const { aggregate_version: version, data } = JSON.parse(body) as {
			aggregate_version: number;
			data: { boxId: string; number: number };
		};
		return { ...data, version };
	} catch {
		return undefined;
	}
}
