import { randomUUID } from "node:crypto";
import type { ProviderRequest } from "../../services/payments/providers/provider";
import { sandboxProvider } from "../../services/payments/providers/sandbox";
import { newRequest, NO_TIME, openSandbox, voidOf, type Sandbox } from "./sandbox.stage";

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await openSandbox();
});
afterAll(() => sandbox[Symbol.asyncDispose]());

async function authorised(): Promise<ProviderRequest> {
	const request = newRequest();
	await sandbox.authorise(request);
	return request;
}

async function captured(): Promise<ProviderRequest> {
	const request = await authorised();
	await sandbox.provider.capture(newRequest(request), NO_TIME);
	return request;
}

describe("the token", () => {
	test("tok_approve approves at once", async () => {
		const request = newRequest();

		expect(await sandbox.authorise(request)).toEqual({ approved: true });

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD"]);
		expect(await sandbox.provider.lookUp(request.operationId, NO_TIME)).toBe(true);
		expect(await sandbox.notices(request)).toEqual([]);
	});

	test.each([
		["tok_decline", "PAYMENT_DECLINED"],
		["tok_insufficient_funds", "INSUFFICIENT_FUNDS"],
		["tok_of_another_kind", "PAYMENT_TOKEN_INVALID"],
	])("%s is refused: %s", async (token, reason) => {
		const request = newRequest();

		expect(await sandbox.authorise(request, token)).toEqual({ approved: false, reason });

		expect(await sandbox.ledger(request)).toEqual([]);
		expect(await sandbox.provider.lookUp(request.operationId, NO_TIME)).toBe(false);
	});

	test("tok_down fails each time", async () => {
		const request = newRequest();

		await expect(sandbox.authorise(request, "tok_down")).rejects.toThrow("the provider answers 503");
		await expect(sandbox.authorise(request, "tok_down")).rejects.toThrow("the provider answers 503");

		expect(await sandbox.ledger(request)).toEqual([]);
	});

	test("tok_error_once fails at the first attempt of each authorisation", async () => {
		const request = newRequest();

		await expect(sandbox.authorise(request, "tok_error_once")).rejects.toThrow("the provider answers 500");
		expect(await sandbox.ledger(request)).toEqual([]);
		expect(await sandbox.authorise(request, "tok_error_once")).toEqual({ approved: true });
		expect(await sandbox.authorise(request, "tok_error_once")).toEqual({ approved: true });

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD"]);
		await expect(sandbox.authorise(newRequest(), "tok_error_once")).rejects.toThrow("the provider answers 500");
	});

	test("tok_slow has approved nothing when nobody waits for it", async () => {
		const request = newRequest();

		await expect(sandbox.authorise(request, "tok_slow")).rejects.toMatchObject({ name: "AbortError" });

		expect(await sandbox.ledger(request)).toEqual([]);
	});

	test("tok_timeout approves, and does not say so", async () => {
		const request = newRequest();

		await expect(sandbox.authorise(request, "tok_timeout")).rejects.toMatchObject({ name: "AbortError" });

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD"]);
		expect(await sandbox.provider.lookUp(request.operationId, NO_TIME)).toBe(true);
	});

	test("tok_late knows of nothing, and promises to tell twice in half a minute, also when it is asked again", async () => {
		const request = newRequest();
		const beganMs = await sandbox.clock();

		await expect(sandbox.authorise(request, "tok_late")).rejects.toMatchObject({ name: "AbortError" });
		await expect(sandbox.authorise(request, "tok_late")).rejects.toMatchObject({ name: "AbortError" });

		const notices = await sandbox.notices(request);
		expect(notices).toHaveLength(2);
		expect(Math.min(...notices)).toBeGreaterThanOrEqual(beganMs + 30_000);
		expect(await sandbox.ledger(request)).toEqual([]);
		expect(await sandbox.provider.lookUp(request.operationId, NO_TIME)).toBe(false);
	});

	test("tok_twice approves, and promises to tell twice more at once", async () => {
		const request = newRequest();

		expect(await sandbox.authorise(request, "tok_twice")).toEqual({ approved: true });

		const notices = await sandbox.notices(request);
		expect(notices).toHaveLength(2);
		expect(Math.max(...notices)).toBeLessThanOrEqual(await sandbox.clock());
		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD"]);
	});
});

describe("in the provider's books", () => {
	test("the same request is one entry, however often it comes", async () => {
		const request = newRequest();
		const [capture, refund] = [newRequest(request), newRequest(request)];

		for (const _time of [1, 2]) expect(await sandbox.authorise(request)).toEqual({ approved: true });
		for (const _time of [1, 2]) await sandbox.provider.capture(capture, NO_TIME);
		for (const _time of [1, 2]) await sandbox.provider.refund(refund, NO_TIME);

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD", "capture 1999 USD", "refund 1999 USD"]);
	});

	test("an authorisation is voided once, with its own sum", async () => {
		const request = await authorised();
		const undoing = { ...voidOf(request), amount: 1, currency: "EUR" };

		await sandbox.provider.void(undoing, NO_TIME);
		await sandbox.provider.void(undoing, NO_TIME);

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
	});

	test("an authorisation that was called off before it arrived is refused, also when it comes again", async () => {
		const request = newRequest();
		await sandbox.provider.void(voidOf(request), NO_TIME);

		for (const _time of [1, 2]) {
			expect(await sandbox.authorise(request)).toEqual({ approved: false, reason: "PAYMENT_CALLED_OFF" });
		}

		expect(await sandbox.ledger(request)).toEqual([]);
	});

	test("nothing is captured of what was voided", async () => {
		const request = await authorised();
		await sandbox.provider.void(voidOf(request), NO_TIME);

		await expect(sandbox.provider.capture(newRequest(request), NO_TIME)).rejects.toThrow(
			"voided, or is of another sum",
		);

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
	});

	test.each([{ amount: 2_000 }, { currency: "EUR" }])("nothing is captured of another sum: %j", async (other) => {
		const request = await authorised();

		await expect(sandbox.provider.capture({ ...newRequest(request), ...other }, NO_TIME)).rejects.toThrow(
			"is of another sum",
		);

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD"]);
	});

	test.each([{ amount: 2_000 }, { currency: "EUR" }])("nothing is refunded of another sum: %j", async (other) => {
		const request = await captured();

		await expect(sandbox.provider.refund({ ...newRequest(request), ...other }, NO_TIME)).rejects.toThrow(
			"is of another sum",
		);

		expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD", "capture 1999 USD"]);
	});

	test("an authorisation stands where it has come to last", async () => {
		const [held, taken, back, off] = [await authorised(), await captured(), await captured(), await authorised()];
		await sandbox.provider.refund(newRequest(back), NO_TIME);
		await sandbox.provider.void(voidOf(off), NO_TIME);

		const standings = [held, taken, back, off, newRequest()].map(({ operationId }) =>
			sandbox.provider.standing(operationId, NO_TIME),
		);

		expect(await Promise.all(standings)).toEqual(["authorised", "captured", "refunded", "voided", "unknown"]);
	});
});

describe("a provider that is closed", () => {
	test("has let go of its connections, and can be closed again", async () => {
		const closed = sandboxProvider(sandbox.url);
		await closed.lookUp(randomUUID(), NO_TIME);

		await closed.close();
		await closed.close();

		await expect(closed.lookUp(randomUUID(), NO_TIME)).rejects.toThrow("after calling end on the pool");
	});
});
