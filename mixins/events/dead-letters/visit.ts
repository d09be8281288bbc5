import { inOneForm } from "../../inbox/id";
import type { DeadLetter } from "../transport";

/** What shall become of a dead letter: it stays, goes back to its own queue, or goes for good. */
export type LetterDecision = "keep" | "putBack" | "remove";

/** What became of it. `gone`: somebody else was faster. `failed`: it is where it was. */
export type LetterOutcome = { kind: "kept" | "putBack" | "removed" | "gone" } | { kind: "failed"; reason: string };

/** Somebody who goes through a queue's dead letters. */
export interface LetterVisitor {
	/**
	 * Decides about some letters, in their order. What it writes down before it decides `remove` is kept, whatever
	 * happens next; what it throws ends the visit, and the letters that are left stay where they are.
	 */
	decide(letters: readonly DeadLetter[]): Promise<readonly LetterDecision[]>;
	/** Told after each time what became of them. @returns false to end the visit; the letters that are left stay */
	carriedOut(letters: readonly DeadLetter[], outcomes: readonly LetterOutcome[]): boolean;
}

export interface LetterVisit {
	/** Letters that the visitor was asked about. */
	seen: number;
	/** Letters there were. More than seen: a transport's limit was reached, and the later ones wait for another visit. */
	total: number;
}

/** A visit of one queue, as a transport offers it. */
type Visit = (queue: string, visitor: LetterVisitor) => Promise<LetterVisit>;

/** @returns the first letters of a queue, oldest first */
export async function firstLetters(visit: Visit, queue: string, limit: number): Promise<DeadLetter[]> {
	const found: DeadLetter[] = [];
	await visit(queue, {
		async decide(letters) {
			found.push(...letters.slice(0, limit - found.length));
			return letters.map(() => "keep");
		},
		carriedOut: () => found.length < limit,
	});
	return found;
}

/** @returns how many of the named letters, or of all, went back to their own queue */
export async function putBack(visit: Visit, queue: string, ids: readonly string[] | "all"): Promise<number> {
	const wanted = ids === "all" ? undefined : new Set(ids.map(inOneForm));
	let moved = 0;
	await visit(queue, {
		decide: async (letters) => letters.map(({ id }) => (!wanted || wanted.has(id) ? "putBack" : "keep")),
		carriedOut(_letters, outcomes) {
			moved += outcomes.filter(({ kind }) => kind === "putBack").length;
			return true;
		},
	});
	return moved;
}
