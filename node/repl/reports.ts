import { table } from "./table";

/** More lines than this are counted, not shown: the console is no place to read ten thousand. */
const LINES_MAX = 50;

/** What came of each thing that was asked for: of a dead letter, or of an event in an outbox. */
export interface Line {
	id: string;
	eventType: string | null;
	outcome: string;
	judgement?: { verdict: string; why?: string };
	reason?: string;
}

const WORDS: Readonly<Record<string, string>> = {
	PUT_BACK: "put back",
	DISCARDED: "discarded",
	LEFT: "left as it is",
	REFUSED: "refused",
	NOT_FOUND: "not found",
	TAKEN: "taken by somebody else",
	FAILED: "failed",
	RETRIED: "to be tried again",
	WOULD_APPLY: "would apply",
	ALREADY_APPLIED: "already applied",
	CANT_BE_UNDERSTOOD: "can't be understood",
	TOO_OLD: "too old",
};

export function words(code: string): string {
	return WORDS[code] ?? code;
}

/** Each line where there are few, those that did not or would not go well where there are many, and the sum below. */
export function told(lines: readonly Line[], sum: string): string {
	if (lines.length === 0) return sum;
	const notable = lines.length <= LINES_MAX ? lines : lines.filter((line) => !isPlain(line));
	const shown = notable.slice(0, LINES_MAX);
	const more = notable.length > shown.length ? [`… and ${notable.length - shown.length} more like these.`] : [];
	const list = shown.length > 0 ? [listed(shown)] : [];
	return [...list, ...more, sum].join("\n");
}

function listed(lines: readonly Line[]): string {
	const columns: [heading: string, cell: (line: Line) => string | null | undefined][] = [
		["id", ({ id }) => id],
		["event", ({ eventType }) => eventType],
		["what was done", ({ outcome }) => words(outcome)],
		["if it goes back", ({ judgement }) => judgement && words(judgement.verdict)],
		["because", ({ reason, judgement }) => reason ?? judgement?.why],
	];
	const telling = columns.filter(([, cell]) => lines.some((line) => cell(line)));
	return table(
		telling.map(([heading]) => heading),
		lines.map((line) => telling.map(([, cell]) => cell(line))),
	);
}

/** `3 put back, 1 not found` */
export function countsOf(codes: readonly string[]): string {
	const counts = new Map<string, number>();
	for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
	return [...counts].map(([code, count]) => `${count} ${words(code)}`).join(", ");
}

/** JSON readably, everything else as it is; below the names of the other properties. */
export function indented(body: string): string {
	try {
		return `\n${JSON.stringify(JSON.parse(body), null, 2)}`;
	} catch {
		// It may be dead for that very reason.
		return body;
	}
}

function isPlain({ outcome, judgement }: Line): boolean {
	if (outcome === "LEFT") return judgement === undefined || judgement.verdict === "WOULD_APPLY";
	return outcome === "PUT_BACK" || outcome === "DISCARDED" || outcome === "RETRIED";
}
