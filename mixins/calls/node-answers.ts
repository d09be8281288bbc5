/** A node that owes an answer for so long, and has given none since, may be frozen: most take some milliseconds. */
const SILENT_MS = 1_000;
/** For so long nobody asks a node that could not answer; each time that it can't again it is twice as long. */
const AVOIDED_MS = 5_000;
const AVOIDED_MS_MAX = 40_000;
/** One refusal may be one lock's; a second one without an answer between them is the node's. */
const REFUSALS_MAX = 1;

/** What became of a call: an answer is whatever the node could say by itself, an error as well. */
export type Outcome = "answered" | "refused" | "timed out";

interface Known {
	/** When each call was made that is not answered yet, the oldest first. */
	owed: Map<symbol, number>;
	answeredMs: number;
	/** Since it has answered last. */
	refusals: number;
	timesAvoided: number;
	avoidedUntilMs: number;
}

/** Which of the other nodes answer, as this one has seen it. Times are in ms of a clock that is never set. */
export class NodeAnswers {
	private readonly nodes = new Map<string, Known>();

	/** A call is made. @returns to be told, once, what became of it */
	asked(nodeId: string, nowMs: number): (outcome: Outcome, nowMs: number) => void {
		const known = this.nodes.get(nodeId) ?? newlyKnown();
		this.nodes.set(nodeId, known);
		const call = Symbol(nodeId);
		known.owed.set(call, nowMs);
		return (outcome, endMs) => {
			known.owed.delete(call);
			if (outcome === "answered") answered(known, endMs);
			else failed(known, outcome, endMs);
		};
	}

	isAnswering(nodeId: string, nowMs: number): boolean {
		const known = this.nodes.get(nodeId);
		if (!known) return true;
		if (nowMs < known.avoidedUntilMs) return false;
		const [oldestMs] = known.owed.values();
		return oldestMs === undefined || nowMs - Math.max(oldestMs, known.answeredMs) < SILENT_MS;
	}

	/** It has gone. */
	forget(nodeId: string): void {
		this.nodes.delete(nodeId);
	}
}

function newlyKnown(): Known {
	return { owed: new Map(), answeredMs: -Infinity, refusals: 0, timesAvoided: 0, avoidedUntilMs: -Infinity };
}

function answered(known: Known, nowMs: number): void {
	known.answeredMs = nowMs;
	known.refusals = 0;
	known.timesAvoided = 0;
	known.avoidedUntilMs = -Infinity;
}

function failed(known: Known, outcome: "refused" | "timed out", nowMs: number): void {
	known.refusals++;
	// Those that were made before it was avoided tell nothing new.
	if (nowMs < known.avoidedUntilMs || (outcome === "refused" && known.refusals <= REFUSALS_MAX)) return;
	known.avoidedUntilMs = nowMs + Math.min(AVOIDED_MS * 2 ** known.timesAvoided, AVOIDED_MS_MAX);
	known.timesAvoided++;
}
