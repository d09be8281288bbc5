import { hashing, TooManyLoginsError } from "./hashing";

/** Work that takes until it is told to end. */
function work() {
	const ends: (() => void)[] = [];
	let begun = 0;
	return {
		begun: () => begun,
		async one() {
			begun++;
			await new Promise<void>((resolve) => void ends.push(resolve));
		},
		endOne: () => ends.shift()?.(),
	};
}

test("a storm is let in a few at a time in the order of its coming, and past two hundred that wait refused at once", async () => {
	const { one, begun, endOne } = work();

	const crowd = Array.from({ length: 300 }, () =>
		hashing(one).then(
			() => "done",
			(error: unknown) => error,
		),
	);
	await Promise.resolve();
	const atOnce = begun();
	const refused = (await Promise.all(crowd.slice(atOnce + 200))) as TooManyLoginsError[];

	expect(atOnce).toBeGreaterThanOrEqual(2);
	expect(atOnce).toBeLessThanOrEqual(3);
	expect(refused).toHaveLength(300 - atOnce - 200);
	expect(refused[0]).toMatchObject({ code: 503, type: "OVERLOADED", data: { retryAfter: 2 } });

	for (let ended = 0; ended < atOnce + 200; ended++) {
		endOne();
		await new Promise((resolve) => void setImmediate(resolve));
		expect(begun()).toBe(Math.min(atOnce + 200, atOnce + ended + 1));
	}
	expect(await Promise.all(crowd.slice(0, atOnce + 200))).toEqual(Array.from({ length: atOnce + 200 }, () => "done"));
});

test("one that fails leaves its place to the next", async () => {
	const failing = Array.from({ length: 10 }, () => hashing(() => Promise.reject(new Error("No"))));

	const outcomes = await Promise.allSettled(failing);

	expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
	expect(await hashing(async () => "in")).toBe("in");
});
