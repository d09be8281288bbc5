import { backIn } from "./handling";

const spec = { name: "cart.settle", bindings: [], retryDelaysMs: [250, 4_000], prefetch: 10 };
const failure = { code: "OUT_OF_PAPER", message: "The printer is out of paper", stack: undefined };

test.each([
	["retry", 1, 250],
	["retry", 2, 4_000],
	["retry", 3, undefined],
	["dead", 1, undefined],
] as const)("with the verdict %s after attempt %d an event is there again in %p ms", (kind, attempts, ms) => {
	expect(backIn(spec, { kind, failure }, attempts)).toBe(ms);
});
