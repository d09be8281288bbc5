import { realMs } from "../../simulator/world/clock";
import type { Baseline, Bench } from "./bench";
import { areOverlapping, type Mutant } from "./mutants";
import type { Results } from "./results";

export interface SearchOptions {
	bench: Bench;
	results: Results;
	/** In the order in which they are tried. */
	baselines: readonly Baseline[];
	/** A mutant that has survived: so many of them have held with it that went another way, or ten times as many in all. */
	plansMax: number;
	/** By `realMs`: nothing is begun after it. */
	endMs: number;
	report(line: string): void;
}

/** Mutants that a plan went the same way with are likely to leave the next one alone too, so that many are tried at once. */
const GROUP_MAX = 16;
/** What has changed nothing says little of a mutant, and costs little, as many are tried at once. */
const SAME_FOR_OTHER = 10;
/** After so many kills it is asked whether the process is still as it was. */
const KILLS_UNTIL_CONTROL = 25;

/** Simulates with mutants until each is killed or has survived. @returns whether there was time for all */
export async function search(mutants: readonly Mutant[], options: SearchOptions): Promise<boolean> {
	const { bench, results, baselines, plansMax, endMs } = options;
	const isOpen = (mutant: Mutant): boolean => {
		const { killedBy, held } = results.of(mutant);
		const ways = Object.values(held);
		const others = ways.filter((how) => how === "other").length;
		return !killedBy && others < plansMax && ways.length < SAME_FOR_OTHER * plansMax;
	};
	const control = newControl(options);
	for (const baseline of baselines) {
		const toDo = mutants.filter(
			(each) => isOpen(each) && baseline.reached.has(each.id) && !(baseline.named.name in results.of(each).held),
		);
		const seemIdle = toDo.filter((each) => {
			const held = Object.values(results.of(each).held);
			return held.length > 0 && held.every((how) => how === "same");
		});
		const others = toDo.filter((each) => !seemIdle.includes(each));
		for (const group of [...others.map((each) => [each]), ...groupsOf(seemIdle)]) {
			if (realMs() > endMs) return false;
			await tryGroup(group, baseline);
			await control.look();
			results.save();
		}
		await control.look(true);
	}
	return true;

	/** Halves it until it is known whose effect it was. */
	async function tryGroup(group: readonly Mutant[], baseline: Baseline): Promise<void> {
		const { name } = baseline.named;
		const verdict = await bench.simulate(
			baseline,
			group.map(({ id }) => id),
		);
		if (verdict.kind === "same") for (const each of group) results.of(each).held[name] = "same";
		else if (group.length > 1) {
			const half = group.length >> 1;
			await tryGroup(group.slice(0, half), baseline);
			await tryGroup(group.slice(half), baseline);
		} else if (verdict.kind === "other") results.of(group[0]!).held[name] = "other";
		else {
			results.of(group[0]!).killedBy = { plan: name, violation: verdict.by };
			control.killed(group[0]!);
		}
	}
}

/**
 * Mutants of what a module makes when it is loaded need a process each; so they are tried with one plan alone.
 * @returns whether there was time for all
 */
export async function searchLoaded(mutants: readonly Mutant[], options: SearchOptions): Promise<boolean> {
	const { bench, results, baselines, endMs } = options;
	const baseline = baselines[0]!;
	for (const mutant of mutants) {
		const shown = results.of(mutant);
		if (shown.killedBy || Object.keys(shown.held).length > 0) continue;
		if (realMs() > endMs) return false;
		const verdict = await bench.simulateLoaded(baseline, mutant.id);
		if (verdict.kind === "broken") shown.killedBy = { plan: baseline.named.name, violation: verdict.by };
		else shown.held[baseline.named.name] = verdict.kind;
		results.save();
	}
	return true;
}

/** Of two mutants of one place only one would be switched on. */
function groupsOf(mutants: readonly Mutant[]): Mutant[][] {
	const groups: Mutant[][] = [];
	for (const mutant of mutants) {
		const fits = groups.find(
			(group) => group.length < GROUP_MAX && !group.some((other) => areOverlapping(mutant, other)),
		);
		if (fits) fits.push(mutant);
		else groups.push([mutant]);
	}
	return groups;
}

/** A mutant may leave something behind in its process that breaks the next simulations, which have nothing to do with it. */
function newControl({ bench, results, baselines, report }: SearchOptions) {
	let unproven: Mutant[] = [];
	return {
		killed(mutant: Mutant): void {
			unproven.push(mutant);
		},
		/** @param isLast whether it looks whatever the number of kills */
		async look(isLast = false): Promise<void> {
			if (unproven.length === 0 || (!isLast && unproven.length < KILLS_UNTIL_CONTROL)) return;
			const verdict = await bench.simulate(baselines[0]!, []);
			if (verdict.kind !== "same") {
				report(`Without a mutant it went another way: ${unproven.length} kills are doubted`);
				results.doubt(unproven);
				await bench.renew();
			}
			unproven = [];
		},
	};
}
