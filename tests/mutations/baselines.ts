import type { Baseline } from "./bench";

/**
 * The order in which plans are tried: the first as it is, then by how many mutants each adds, for the time that it takes,
 * to those that the ones before come by. Those that add nothing are last, the quickest first.
 */
export function inOrderOfUse([first, ...others]: readonly Baseline[]): Baseline[] {
	if (!first) return [];
	const ordered = [first];
	const reached = new Set(first.reached);
	let left = others.toSorted((one, other) => one.realMs - other.realMs);
	const worth = (each: Baseline): number => [...each.reached].filter((id) => !reached.has(id)).length / each.realMs;
	while (left.length > 0) {
		const best = left.reduce((found, each) => (worth(each) > worth(found) ? each : found));
		for (const id of best.reached) reached.add(id);
		ordered.push(best);
		left = left.filter((each) => each !== best);
	}
	return ordered;
}
