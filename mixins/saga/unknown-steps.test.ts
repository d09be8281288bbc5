import { unknownToUndo } from "./unknown-steps";

const steps = ["file", "hotel", "flight", "car"].map((name) => ({ name }));
const FLIGHT = 2;

test.each<[what: string, tried: string[], from: number, expected: string | undefined]>([
	["nothing that is unknown was tried", ["hotel", "flight", "car"], FLIGHT, undefined],
	["it was tried after what would be undone next", ["hotel", "flight", "taxi", "car"], FLIGHT, "taxi"],
	["it was tried before what would be undone next", ["hotel", "taxi", "flight", "car"], FLIGHT, undefined],
	["nothing else is left", ["taxi"], -1, "taxi"],
	["what would be undone next was never tried", ["taxi"], FLIGHT, "taxi"],
	["two are unknown, and the last of them is first", ["taxi", "boat"], -1, "boat"],
])("a saga is handed over where an unknown step comes first: %s", (_what, tried, from, expected) => {
	expect(unknownToUndo(steps, tried, from)).toBe(expected);
});
