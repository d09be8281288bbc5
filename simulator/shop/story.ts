import { topology } from "../../services/topology";
import { sentenceOf } from "./faults";
import { hopsOf, type Hop } from "./hops";
import { namesIn } from "./names";
import type { Plan } from "./plan";
import type { Outcome } from "./simulation";

type Told = Pick<Outcome, "violations" | "lines" | "choices" | "history">;

/** So much is told; the rest is in the schedule. */
const HOPS_MAX = 200;

/**
 * What happened in a small plan that fails, hop by hop, of the orders that something is wrong with.
 * @param doomed the first step from which nothing could save it
 */
export function storyOf(plan: Plan, { violations, lines, choices, history }: Told, doomed?: number): string {
	const queues = topology.queues.map(({ name }) => name);
	const names = namesIn(lines, history);
	const opened = lines.findIndex((line) => line.endsWith("THE SHOP OPENS"));
	const openedMs = msOf(lines[opened] ?? "");
	const concerned = names.concerned(violations);
	const doomedAt = doomed === undefined ? undefined : choices[Math.max(0, doomed - 1)];
	const told = hopsOf(lines, names, concerned).filter(({ at }) => at > opened);
	const people = new Set(
		[...concerned].map((end) => names.of(end)).filter((name) => /^(order|shopper \d+$)/.test(name!)),
	);
	return [
		`${plan.nodes.length} nodes (${plan.nodes.map(({ services }, at) => `n${at + 1}: ${services.join("+")}`).join("; ")}), ` +
			`${plan.products.length} products, ${plan.shoppers.length} shoppers. Of these, ${[...people].join(", ")}:`,
		...plan.faults.map(
			(fault) => `  ${sentenceOf(fault, queues, plan.nodes.length)}, ${fault.fromStep} steps after the shop has opened`,
		),
		...(told.length > HOPS_MAX ? [`  … ${told.length - HOPS_MAX} hops before …`] : []),
		...withDoom(told.slice(-HOPS_MAX), doomedAt).map(
			(hop) => `  ${((hop.ms - openedMs) / 1_000).toFixed(3).padStart(7)} s  ${hop.text}`,
		),
		`And ${((msOf(lines.at(-1) ?? "") - openedMs) / 1_000).toFixed(1)} s after the shop has opened:`,
		...violations.map((each) => `  ${names.inWords(each)}`),
		...(doomed === undefined ? [] : [doomOf(doomed, lines, choices)]),
	].join("\n");
}

/** Its line among the others. */
function withDoom(hops: readonly Hop[], at: number | undefined): Hop[] {
	if (at === undefined) return [...hops];
	const next = hops.findIndex((hop) => hop.at >= at);
	const ms = hops[next]?.ms ?? hops.at(-1)?.ms ?? 0;
	return hops.toSpliced(next < 0 ? hops.length : next, 0, { ms, at, text: "── from here on nothing could save it ──" });
}

/** @param step counts from 1 */
function doomOf(step: number, lines: readonly string[], choices: readonly number[]): string {
	if (step === 0) return "It fails also when no fault begins and nothing is drawn.";
	const whatOf = (line: string): string => line.replace(/^\d+ /, "");
	const between = lines.slice((choices[step - 2] ?? -1) + 1, choices[step - 1]);
	const fault = between.findLast((line) => whatOf(line).startsWith("FAULT"));
	const what = `${whatOf(lines[choices[step - 1]!] ?? "the last one")}${fault ? `, after ${whatOf(fault)}` : ""}`;
	return `Doomed from step ${step} on (${what}): had all gone calmly from the step before it on, without any further fault, it would have ended well.`;
}

function msOf(line: string): number {
	return Number(/^\d+/.exec(line)?.[0] ?? 0);
}
