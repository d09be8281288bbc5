import type { Findings } from "./audit";
import { form } from "./form";

/** What one kind of fault has done, and how it went on afterwards. */
export interface Figures extends Findings {
	fault: string;
	faults: number;
	/** Messages in the dead-letter queues beyond those that were planted. */
	dead: number;
	/** Letters that were written and not read by everybody when the fault was over, at most. */
	heldUp: number;
	/** From the end of the fault, the slowest of its times: until every consumer has read a letter written after it. */
	firstMs: number;
	/** Until all that was written before its end was read. */
	allMs: number;
}

/** @returns a sentence for each promise that was not kept */
export function broken(figures: Figures): string[] {
	const promises: [keyof Findings | "dead", string][] = [
		["waiting", "I4: events are still in the outbox"],
		["lost", "I4: committed events were never heard"],
		["phantoms", "I4: events were heard that nobody has committed"],
		["missing", "I5: effects are missing"],
		["doubled", "I5: effects happened again"],
		["outOfOrder", "I7: events came out of order"],
		["readOutOfOrder", "I7: an ordered consumer has read events out of order"],
		["dead", "I8: dead letters that nobody planted, or planted ones that are missing"],
	];
	const { fault, events, firstMs, heldUp } = figures;
	const limitMs = form.recoveryMsMax + heldUp * form.heldUpMs;
	return [
		...promises.filter(([name]) => figures[name] !== 0).map(([name, what]) => `${fault}: ${what}: ${figures[name]}`),
		...(events > 0 ? [] : [`${fault}: nothing was written`]),
		...(firstMs <= limitMs ? [] : [`${fault}: I9: a letter written afterwards was read only after ${firstMs} ms`]),
	];
}

export function lineOf(figures: Figures): string {
	const { fault, faults, events, twiceOnTheWire, waiting, lost, phantoms, missing, doubled, dead, heldUp } = figures;
	const outOfOrder = figures.outOfOrder + figures.readOutOfOrder;
	const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
	return (
		`${fault}: ${faults} times, ${events} events, ${waiting + lost} lost, ${phantoms} made up, ${missing} effects missing, ` +
		`${doubled} doubled, ${outOfOrder} out of order, ${dead} wrongly dead, ${twiceOnTheWire} twice on the wire, ` +
		`${heldUp} held up, ` +
		`first read after ${seconds(figures.firstMs)}, all after ${seconds(figures.allMs)}\n`
	);
}
