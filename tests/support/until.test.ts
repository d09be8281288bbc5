import { until } from "./until";

test("returns the first truthy value", async () => {
	let asked = 0;

	const value = await until(() => ++asked === 3 && "third", { what: "the third time" });

	expect(value).toBe("third");
});

test("what is thrown counts as not yet", async () => {
	let asked = 0;

	const value = await until(
		() => {
			if (++asked < 3) throw new Error("too early");
			return asked;
		},
		{ what: "the third time" },
	);

	expect(value).toBe(3);
});

test("says what was awaited and the last value when the time is over", async () => {
	await expect(until(() => 0, { what: "a miracle", withinMs: 20 })).rejects.toThrow(
		"Waited 20 ms in vain for a miracle; the last value was 0",
	);
});

test("says the last error when the time is over", async () => {
	const waiting = until(() => Promise.reject(new Error("no connection")), { what: "a miracle", withinMs: 20 });

	await expect(waiting).rejects.toThrow(/in vain for a miracle; the last error was Error: no connection/);
});
