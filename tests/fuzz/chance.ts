import { randomFrom } from "../faults/random";

/** Choices that a seed decides: the same seed makes the same requests. */
export interface Chance {
	/** From 0 to below `end`. */
	below(end: number): number;
	/** True with that probability. */
	is(probability: number): boolean;
	one<Item>(items: readonly Item[]): Item;
	some<Item>(items: readonly Item[], most: number): Item[];
}

export function chanceFrom(seed: number): Chance {
	const random = randomFrom(seed);
	const chance: Chance = {
		below: (end) => Math.floor(random() * end),
		is: (probability) => random() < probability,
		one: (items) => items[chance.below(items.length)]!,
		some: (items, most) => Array.from({ length: chance.below(most + 1) }, () => chance.one(items)),
	};
	return chance;
}
