import { slots } from "./slots";

test("no more are taken than there are", async () => {
	const two = slots(2);

	expect(await two.take(1)).toBe(true);
	expect(await two.take(1)).toBe(true);
	expect(await two.take(1)).toBe(false);
});

test("who waits longest gets the next one", async () => {
	const one = slots(1);
	await one.take(1);
	const order: string[] = [];
	const first = one.take(5_000).then(() => order.push("first"));
	const second = one.take(5_000).then(() => order.push("second"));

	one.give();
	await first;
	one.give();
	await second;

	expect(order).toEqual(["first", "second"]);
});

test("who has given up waiting is passed over", async () => {
	const one = slots(1);
	await one.take(1);
	const impatient = one.take(1);
	const patient = one.take(5_000);

	expect(await impatient).toBe(false);
	one.give();
	expect(await patient).toBe(true);
});

test("what was given back can be taken again", async () => {
	const one = slots(1);
	for (let round = 0; round < 3; round++) {
		expect(await one.take(1)).toBe(true);
		one.give();
	}
});
