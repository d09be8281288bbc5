import { firstDoomedStep } from "../../simulator/world/doomed";
import { shrink } from "../../simulator/world/shrink";

/** Fails where 3 and 7 are in it, in this order. */
const fails = async (plan: readonly number[]): Promise<boolean> =>
	plan.includes(3) && plan.indexOf(7) > plan.indexOf(3);
const withoutOne = (plan: readonly number[]): number[][] => plan.map((_, at) => plan.toSpliced(at, 1));
const halves = (plan: readonly number[]): number[][] => {
	const middle = Math.ceil(plan.length / 2);
	return plan.length > 1 ? [plan.slice(0, middle), plan.slice(middle), ...withoutOne(plan)] : [];
};
const plan = Array.from({ length: 12 }, (_, at) => at);

test.each([1, 2, 5])("all is left out that it fails without, with %i tried at once", async (atOnce) => {
	const found = await shrink({ plan, smaller: halves, fails, atOnce, isOver: () => false });

	expect(found.plan).toEqual([3, 7]);
});

test("what fails in no smaller way stays as it is", async () => {
	const found = await shrink({ plan: [3, 7], smaller: halves, fails, atOnce: 1, isOver: () => false });

	expect(found).toEqual({ plan: [3, 7], tried: 4 });
});

test("when there is no time for more, the smallest so far is the answer", async () => {
	let tried = 0;
	const counted = (each: readonly number[]): Promise<boolean> => {
		tried++;
		return fails(each);
	};

	const found = await shrink({ plan, smaller: withoutOne, fails: counted, atOnce: 1, isOver: () => tried >= 5 });

	expect(found.tried).toBe(5);
	expect(found.plan.length).toBeLessThan(plan.length);
	expect(await fails(found.plan)).toBe(true);
});

test.each([1, 2, 700, 1_024])("the first step from which nothing could save it is found: %i", async (doomed) => {
	const asked: number[] = [];

	const found = await firstDoomedStep(1_024, async (step) => {
		asked.push(step);
		return step >= doomed;
	});

	expect(found).toBe(doomed);
	expect(asked.length).toBeLessThanOrEqual(11);
});

test("what fails in any weather was doomed from the beginning", async () => {
	expect(await firstDoomedStep(1_024, async () => true)).toBe(0);
});
