/** How often what was reached, below headings: `{ order: { CONFIRMED: 12 } }`. Plain JSON. */
export type Counts = Record<string, Record<string, number>>;

/** What there is to reach below a heading. */
export interface Known {
	heading: string;
	/** A star stands for any letters: `*.outbox.read`. */
	what: readonly string[];
}

/** Why something is not reached: all of `what`, a pattern as in {@link Known}, below a heading. */
export interface Unreachable {
	heading: string;
	what: string;
	why: string;
}

export function count(counts: Counts, heading: string, what: string, times = 1): void {
	const below = (counts[heading] ??= {});
	below[what] = (below[what] ?? 0) + times;
}

export function addCounts(into: Counts, more: Counts): void {
	for (const [heading, below] of Object.entries(more))
		for (const [what, times] of Object.entries(below)) count(into, heading, what, times);
}

/** What of what is known was not reached; what can't be, with the reason. */
export function neverReached(counts: Counts, known: readonly Known[], unreachable: readonly Unreachable[]) {
	return known.flatMap(({ heading, what }) => {
		const reached = Object.keys(counts[heading] ?? {});
		return what
			.filter((each) => !reached.some(patternOf(each)))
			.map((each) => {
				const reason = unreachable.find((one) => one.heading === heading && patternOf(one.what)(each));
				return { heading, what: each, why: reason?.why };
			});
	});
}

/** Columns of what was reached how often, and then what never was. */
export function coverageTable(counts: Counts, known: readonly Known[], unreachable: readonly Unreachable[]): string {
	const never = neverReached(counts, known, unreachable);
	const headings = [...new Set([...known.map(({ heading }) => heading), ...Object.keys(counts)])];
	const sections = headings.map((heading) => {
		const below = Object.entries(counts[heading] ?? {}).toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
		const of = known.find((each) => each.heading === heading)?.what.length;
		const missing = never.filter((each) => each.heading === heading);
		const title = of === undefined ? `${below.length} reached` : `${of - missing.length} of ${of} reached`;
		return [`${heading}: ${title}`, ...below.map(([what, times]) => `  ${String(times).padStart(8)}  ${what}`)];
	});
	const open = never.filter(({ why }) => why === undefined);
	const explained = never.filter(({ why }) => why !== undefined);
	return [
		...sections.flat(),
		`never reached: ${open.length}`,
		...open.map(({ heading, what }) => `           ${heading}: ${what}`),
		`never reached, for a reason: ${explained.length}`,
		...explained.map(({ heading, what, why }) => `           ${heading}: ${what} (${why})`),
	].join("\n");
}

function patternOf(text: string): (candidate: string) => boolean {
	if (!text.includes("*")) return (candidate) => candidate === text;
	const literal = text.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
	const pattern = new RegExp(`^${literal.join(".*")}$`);
	return (candidate) => pattern.test(candidate);
}
