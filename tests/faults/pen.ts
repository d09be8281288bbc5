import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { LetterWritten, NoteWritten, type Nature } from "./letter.events";
import type { LettersService } from "./letters.process";

/** Transactions at once; a database that is slower than the wanted rate makes the writer slower, not its line longer. */
const AT_ONCE_MAX = 3;
const TICK_MS = 20;
/** Between two looks at how much waits. */
const LOOK_MS = 500;
/** Of the transactions, so many are rolled back after they have published: nobody may ever hear of these. */
const ROLLED_BACK = 0.05;
/** One to three letters to a transaction. */
const LETTERS_MAX = 3;

const boxesOf = sql("test.boxes", "SELECT box_id FROM letters.boxes WHERE type = $1 ORDER BY box_id");
const take = sql("test.take", "UPDATE letters.boxes SET number = number + 1 WHERE box_id = $1 RETURNING number");
const note = sql("test.note", "INSERT INTO letters.written (box_id, number, type, nature) VALUES ($1, $2, $3, $4)");

/** Each letter has two readers. */
const waiting = sql(
	"test.waiting",
	`SELECT (SELECT count(*) FROM letters.written) - (SELECT count(*) FROM readers.effects) / 2 AS count`,
);

const cause = { correlationId: "a fault", causationId: "a fault" };

class ChangedMind extends Error {}

/** How fast to write. */
export interface Pace {
	/** Letters a second. */
	perSecond: number;
	/** None while so many are not read yet. */
	waitingMax: number;
}

export interface Kind {
	type: "letter" | "note";
	nature: Nature;
}

/** Writes into random boxes, each letter with its line in the ledger, in the order that the lock on the box makes. */
export function pen(service: LettersService, random: () => number) {
	const open = new Set<Promise<void>>();
	const boxes = new Map<string, string[]>();
	let pace: Pace = { perSecond: 0, waitingMax: 0 };
	let owed = 0;
	let isHeldUp = false;
	let timers: NodeJS.Timeout[] = [];

	async function someBox(type: Kind["type"]): Promise<string> {
		let known = boxes.get(type);
		if (!known) {
			const rows = await service.db.query<{ box_id: string }>(boxesOf, [type]);
			known = rows.map(({ box_id }) => box_id);
			boxes.set(type, known);
		}
		return known[Math.floor(random() * known.length)]!;
	}

	async function writeInto(boxId: string, tx: Transaction, { type, nature }: Kind): Promise<void> {
		const [box] = await tx.query<{ number: number }>(take, [boxId]);
		const letter = { boxId, number: box!.number, nature };
		await tx.query(note, [boxId, letter.number, type, nature]);
		await service.publish(tx, type === "letter" ? LetterWritten(letter) : NoteWritten(letter), cause);
	}

	async function write(count: number, kind: Kind, isRolledBack = false): Promise<void> {
		const boxId = await someBox(kind.type);
		await service.db.transaction(async (tx) => {
			for (let n = 0; n < count; n++) await writeInto(boxId, tx, kind);
			if (isRolledBack) throw new ChangedMind("rolled back on purpose");
		});
	}

	/** A database that does not answer holds up as well. */
	async function look(): Promise<void> {
		const rows = await service.db.query<{ count: number }>(waiting).catch((error: Error) => {
			service.logger.warn("Nothing is written now:", error.message);
			return [];
		});
		isHeldUp = (rows[0]?.count ?? pace.waitingMax) >= pace.waitingMax;
	}

	function tick(): void {
		if (isHeldUp) return;
		const { perSecond } = pace;
		owed = Math.min(owed + (perSecond * TICK_MS) / 1_000, perSecond);
		while (owed >= 1 && open.size < AT_ONCE_MAX) {
			const count = 1 + Math.floor(random() * LETTERS_MAX);
			owed -= count;
			// Whether it was committed all the same, the ledger knows.
			const work = write(count, { type: "letter", nature: "good" }, random() < ROLLED_BACK)
				.catch(() => undefined)
				.then(() => void open.delete(work));
			open.add(work);
		}
	}

	return {
		/** Writes good letters from now on. */
		start(wanted: Pace): void {
			pace = wanted;
			owed = 0;
			if (timers.length === 0) timers = [setInterval(tick, TICK_MS), setInterval(() => void look(), LOOK_MS)];
		},
		/** Writes no more, and waits for what is under way. */
		async stop(): Promise<void> {
			for (const timer of timers.splice(0)) clearInterval(timer);
			await Promise.all(open);
		},
		writeOne: (kind: Kind) => write(1, kind),
	};
}
