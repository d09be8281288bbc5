import type { Database } from "../../database/database";
import { eventTypeIn, letterId } from "../dead-letters/letter-id";
import type { LetterDecision, LetterOutcome, LetterVisit, LetterVisitor } from "../dead-letters/visit";
import { serviceOf } from "../topology";
import type { DeadLetter } from "../transport";
import { countDead, nextDead, putBackDead, removeDead, type DeadLetterRow } from "./statements";

/** In memory at once; each batch is moved in one statement. */
const BATCH_SIZE = 100;

/** What a consumer gave up on. */
export interface DeadLetters {
	visit(queue: string, visitor: LetterVisitor): Promise<LetterVisit>;
	count(queue: string): Promise<number>;
}

/** @param wake is told of a queue that has something again */
export function deadLetters(database: Database, wake: (queue: string) => void): DeadLetters {
	async function extent(queue: string): Promise<{ total: number; last: number | null }> {
		const [found] = await database.query<{ total: number; last: number | null }>(countDead, [queue]);
		return found!;
	}

	async function carryOut(
		rows: readonly DeadLetterRow[],
		decisions: readonly LetterDecision[],
	): Promise<LetterOutcome[]> {
		const chosen = (wanted: LetterDecision): number[] =>
			rows.filter((_, index) => decisions[index] === wanted).map(({ id }) => id);
		const run = async (statement: typeof putBackDead, ids: number[]): Promise<Set<number>> =>
			new Set(ids.length === 0 ? [] : (await database.query<{ id: number }>(statement, [ids])).map(({ id }) => id));
		const back = await run(putBackDead, chosen("putBack"));
		const removed = await run(removeDead, chosen("remove"));
		return rows.map(({ id }, index) => {
			if (decisions[index] === "keep") return { kind: "kept" };
			if (back.has(id)) return { kind: "putBack" };
			return { kind: removed.has(id) ? "removed" : "gone" };
		});
	}

	return {
		async visit(queue, visitor) {
			const { total, last } = await extent(queue);
			let seen = 0;
			for (let before = 0, goesOn = last !== null; goesOn;) {
				const rows = await database.query<DeadLetterRow>(nextDead, [queue, before, last, BATCH_SIZE]);
				if (rows.length === 0) break;
				const letters = rows.map((row) => deadLetterOf(queue, row));
				const outcomes = await carryOut(rows, await visitor.decide(letters));
				goesOn = visitor.carriedOut(letters, outcomes);
				if (outcomes.some(({ kind }) => kind === "putBack")) wake(queue);
				seen += rows.length;
				before = rows.at(-1)!.id;
			}
			return { seen, total: Math.max(seen, total) };
		},
		count: async (queue) => (await extent(queue)).total,
	};
}

function deadLetterOf(queue: string, row: DeadLetterRow): DeadLetter {
	return {
		queue,
		id: letterId(row.event_id ?? undefined, row.body),
		eventId: row.event_id ?? undefined,
		eventType: eventTypeIn(row.body),
		exchange: row.exchange,
		routingKey: row.routing_key,
		body: row.body,
		bytes: Buffer.byteLength(row.body),
		attempts: row.attempts,
		firstFailedAt: row.first_failed_at,
		diedAt: row.died_at,
		failure: { code: row.error_code, message: row.error_message, stack: row.error_stack ?? undefined },
		service: serviceOf(queue),
		node: row.node,
		release: row.release ?? undefined,
	};
}
