import type { Judgement } from "./judge";

/**
 * What was done about one letter. `LEFT`: nothing, as in a dry run. `REFUSED`: it would have been in vain.
 * `NOT_FOUND`: no dead letter of this queue has that id. `TAKEN`: somebody else was faster. `FAILED`: see the reason.
 */
export type Outcome = "PUT_BACK" | "DISCARDED" | "LEFT" | "REFUSED" | "NOT_FOUND" | "TAKEN" | "FAILED";

export interface LetterReport {
	id: string;
	eventType: string | null;
	outcome: Outcome;
	/** What would happen, or would have happened, if it went back. */
	judgement?: Judgement;
	/** Why nothing was done. */
	reason?: string;
}

/** How far somebody got through a queue's dead letters. */
export interface Visited {
	/** Letters that there were, and of those how many were looked at. */
	total: number;
	seen: number;
	/** What ended it before all was done; what the lines tell has happened nevertheless. */
	interrupted?: string;
}

/**
 * One line for each letter that was asked for, and counts that add up to their number. Who was asked for by id and has no
 * line was not looked for to the end.
 */
export interface Report extends Visited {
	queue: string;
	counts: Partial<Record<Outcome, number>>;
	letters: LetterReport[];
}

export function reportOf(queue: string, letters: LetterReport[], visited: Visited): Report {
	const counts: Report["counts"] = {};
	for (const { outcome } of letters) counts[outcome] = (counts[outcome] ?? 0) + 1;
	return { queue, counts, letters, ...visited };
}
