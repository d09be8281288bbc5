import { rememberForAMoment } from "./moment";

test("those who ask at once get one answer, and it stays for a moment", async () => {
	const moment = rememberForAMoment<number>({ forMs: 60_000, max: 10 });
	let loads = 0;
	const load = async (): Promise<number> => ++loads;

	expect(await Promise.all([moment.recall("a", load), moment.recall("a", load)])).toEqual([1, 1]);
	expect(await moment.recall("a", load)).toBe(1);
	expect(await moment.recall("b", load)).toBe(2);
});

test("what is too old, or was forgotten, is asked again", async () => {
	const old = rememberForAMoment<number>({ forMs: 0, max: 10 });
	const forgetful = rememberForAMoment<number>({ forMs: 60_000, max: 10 });
	let loads = 0;
	const load = async (): Promise<number> => ++loads;

	await old.recall("a", load);
	expect(await old.recall("a", load)).toBe(2);
	await forgetful.recall("a", load);
	forgetful.forget();
	expect(await forgetful.recall("a", load)).toBe(4);
});

test("a failure is told to those who waited for it, and to nobody else", async () => {
	const moment = rememberForAMoment<number>({ forMs: 60_000, max: 10 });

	await expect(moment.recall("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");

	expect(await moment.recall("a", async () => 1)).toBe(1);
});

test("no more are kept than are allowed, and the oldest goes first", async () => {
	const moment = rememberForAMoment<string>({ forMs: 60_000, max: 2 });
	for (const key of ["a", "b", "c"]) await moment.recall(key, async () => `first ${key}`);

	expect(await moment.recall("c", async () => "second c")).toBe("first c");
	expect(await moment.recall("a", async () => "second a")).toBe("second a");
});
