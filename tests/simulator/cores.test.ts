import { availableParallelism } from "node:os";
import { coresIn, coresToBindTo } from "../../simulator/world/cores";

test.each([
	["0", [0]],
	["0-3", [0, 1, 2, 3]],
	["1,4-6,9", [1, 4, 5, 6, 9]],
	["", []],
])("of %j", (list, expected) => {
	expect(coresIn(list)).toEqual(expected);
});

test("there are none, or as many as this process may use", () => {
	expect([0, availableParallelism()]).toContain(coresToBindTo().length);
});
