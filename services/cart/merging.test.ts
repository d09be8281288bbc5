import { LINES_MAX, QUANTITY_MAX, TOTAL_MAX } from "./limits";
import { whatFits } from "./merging";

const line = (productId: string, unitPrice: number, quantity: number) => ({ productId, unitPrice, quantity });
const lines = (count: number, name: string) => Array.from({ length: count }, (_, n) => line(`${name}${n}`, 1, 1));

test("all of it, where there is room", () => {
	expect(whatFits([line("lamp", 500, 2)], [line("lamp", 500, 1), line("mug", 300, 4)])).toEqual([
		{ productId: "lamp", quantity: 1 },
		{ productId: "mug", quantity: 4 },
	]);
});

test("in its order as many as the sum allows, and of what comes after that what is cheap enough", () => {
	const into = [line("ring", TOTAL_MAX - 1_000, 1)];

	expect(whatFits(into, [line("lamp", 300, 5), line("mug", 200, 1), line("pin", 50, 3), line("card", 0, 7)])).toEqual([
		{ productId: "lamp", quantity: 3 },
		{ productId: "pin", quantity: 2 },
		{ productId: "card", quantity: 7 },
	]);
});

test("a product that is in both counts at the price that stays", () => {
	expect(whatFits([line("ring", 1_000_000_000, 1)], [line("ring", 1, 100)])).toEqual([
		{ productId: "ring", quantity: 1 },
	]);
});

test("no more lines than a cart holds, but more of those that are there", () => {
	const into = lines(LINES_MAX - 1, "own");

	expect(whatFits(into, [line("lamp", 1, 1), line("mug", 1, 1), line("own0", 1, 2)])).toEqual([
		{ productId: "lamp", quantity: 1 },
		{ productId: "own0", quantity: 2 },
	]);
});

test("no more of one thing than can be counted", () => {
	expect(whatFits([line("card", 0, QUANTITY_MAX - 3)], [line("card", 0, 10)])).toEqual([
		{ productId: "card", quantity: 3 },
	]);
});

test("nothing, where there is no room at all", () => {
	expect(whatFits([line("ring", TOTAL_MAX, 1)], [line("lamp", 1, 1), line("ring", 1, 1)])).toEqual([]);
});
