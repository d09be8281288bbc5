import type { DeadLetter, EventTransport } from "../transport";
import type { LetterReport, Visited } from "./report";
import type { LetterDecision, LetterOutcome } from "./visit";

/** What is decided about a letter, and its line in the report if it comes to pass. */
export interface Plan {
	decision: LetterDecision;
	line: LetterReport;
}

/** Plans for letters, in their order; none for a letter that nobody asked for, which stays. */
export type Planner = (letters: readonly DeadLetter[]) => Promise<readonly (Plan | undefined)[]>;

export interface Gone {
	lines: LetterReport[];
	visited: Visited;
}

/**
 * Goes through a queue's dead letters as planned, and tells what came of it, also when it ends in the middle. More
 * letters than a transport shows at once are seen by going again, as long as all that was seen has gone; what stays
 * would only be seen again.
 */
export async function goThrough(transport: EventTransport, queue: string, plan: Planner): Promise<Gone> {
	const lines: LetterReport[] = [];
	let plans: readonly (Plan | undefined)[] = [];
	let total = 0;
	let seen = 0;
	let stayed = 0;
	try {
		do {
			const visit = await transport.visitDeadLetters(queue, {
				async decide(letters) {
					plans = await plan(letters);
					return plans.map((each) => each?.decision ?? "keep");
				},
				carriedOut(_letters, outcomes) {
					for (const [index, outcome] of outcomes.entries()) {
						const planned = plans[index];
						if (planned) lines.push(lineOf(planned, outcome));
						if (outcome.kind === "kept" || outcome.kind === "failed") stayed++;
					}
					return true;
				},
			});
			// What dies meanwhile is for the next time.
			total = Math.max(total, visit.total);
			seen += visit.seen;
			if (visit.seen === 0) break;
		} while (seen < total && stayed === 0);
		return { lines, visited: { total, seen } };
	} catch (error) {
		return { lines, visited: { total: Math.max(total, lines.length), seen, interrupted: (error as Error).message } };
	}
}

function lineOf({ line }: Plan, outcome: LetterOutcome): LetterReport {
	if (outcome.kind === "failed") return { ...line, outcome: "FAILED", reason: outcome.reason };
	if (outcome.kind === "gone") return { ...line, outcome: "TAKEN", reason: "somebody else was faster" };
	return line;
}
