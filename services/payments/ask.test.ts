import { READ_TIMEOUT_MS } from "../timeouts";
import { ask, PROVIDER_TIMEOUT_MS, stepTime } from "./ask";

const never = (): Promise<never> => new Promise(() => undefined);

test("a step's whole time has room for the token and for the provider's whole answer", () => {
	expect(stepTime()()).toBeGreaterThan(READ_TIMEOUT_MS + PROVIDER_TIMEOUT_MS - 1_000);
	expect(stepTime()()).toBeLessThanOrEqual(7_000);
});

test("a provider that does not answer within what is left of the time has failed, and is not away", async () => {
	const asked = ask("an order", () => 1_001, never);

	await expect(asked).rejects.toMatchObject({ type: "PAYMENT_UNAVAILABLE", code: 502 });
});

test("a provider is not asked when its answer would come too late, which costs no attempt", async () => {
	let count = 0;

	const asked = ask(
		"an order",
		() => 999,
		async () => void count++,
	);

	await expect(asked).rejects.toMatchObject({ type: "PAYMENT_TOO_LATE", code: 503, retryable: true });
	expect(count).toBe(0);
});

test("a second is time enough to ask", async () => {
	const asked = ask(
		"an order",
		() => 1_000,
		async () => "approved",
	);

	expect(await asked).toBe("approved");
});

test("a provider's answer is the answer, and its refusal to talk is its failure", async () => {
	const answered = await ask("an order", stepTime(), async () => "approved");
	const failed = ask("an order", stepTime(), () => Promise.reject(new Error("no route")));

	expect(answered).toBe("approved");
	await expect(failed).rejects.toMatchObject({
		type: "PAYMENT_UNAVAILABLE",
		message: expect.stringContaining("no route"),
	});
});
