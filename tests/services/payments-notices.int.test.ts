import { randomUUID } from "node:crypto";
import type { LateApproval, PaymentProvider, ProviderRequest } from "../../services/payments/providers/provider";
import { sandboxProvider } from "../../services/payments/providers/sandbox";
import { gate } from "../mixins/transport.stage";
import { until } from "../support/until";
import { fakeIntervals } from "./intervals";
import { newRequest, NO_TIME, openSandbox, voidOf, type Sandbox } from "./sandbox.stage";

let sandbox: Sandbox;

beforeAll(async () => {
	sandbox = await openSandbox();
});
afterAll(() => sandbox[Symbol.asyncDispose]());

let teller: PaymentProvider;
/** What the shop was told, by the order. */
const heard: LateApproval[] = [];
/** What the shop does with it; it takes it, unless a test says otherwise. */
let take: (approval: LateApproval) => Promise<void>;

beforeEach(async () => {
	await sandbox.look("DELETE FROM sandbox_provider.notices");
	fakeIntervals();
	heard.length = 0;
	take = async () => undefined;
	teller = sandboxProvider(sandbox.url);
	teller.listen((approval) => {
		heard.push(approval);
		return take(approval);
	});
});
afterEach(async () => {
	await teller.close();
	jest.useRealTimers();
});

const aSecondLater = () => jest.advanceTimersByTime(1_000);
const hearing = (count: number) => until(() => heard.length >= count, { what: `the shop to be told ${count} times` });

/** An approval that the provider owes a notice of, now. */
async function owed(): Promise<ProviderRequest> {
	const request = newRequest();
	await sandbox.authorise(request, "tok_late").catch(() => undefined);
	await sandbox.look("DELETE FROM sandbox_provider.notices WHERE order_id = $1 AND nth = 2", [request.orderId]);
	await sandbox.look("UPDATE sandbox_provider.notices SET due_at = now() WHERE order_id = $1", [request.orderId]);
	return request;
}

test("a notice tells of an approval that is true by then, and is told once when it was taken", async () => {
	const request = await owed();
	let wasTrue: boolean | undefined;
	take = async ({ operationId }) => void (wasTrue = await sandbox.provider.lookUp(operationId, NO_TIME));

	aSecondLater();
	await hearing(1);
	await teller.close();

	expect(heard).toEqual([request]);
	expect(wasTrue).toBe(true);
	expect(await sandbox.notices(request)).toEqual([]);
	expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD"]);
});

test("a notice tells of what was called off as well: the provider has approved it all the same, and can be asked to void it", async () => {
	const request = await owed();
	const undoing = voidOf(request);
	await sandbox.provider.void(undoing, NO_TIME);
	expect(await sandbox.ledger(request)).toEqual([]);

	aSecondLater();
	await hearing(1);
	await sandbox.provider.void(undoing, NO_TIME);

	expect(await sandbox.ledger(request)).toEqual(["authorize 1999 USD", "void 1999 USD"]);
});

test("a notice that the shop could not take is told again five seconds later, and others are told meanwhile", async () => {
	const [refused, taken] = [await owed(), await owed()];
	const [dueMs] = await sandbox.notices(refused);
	take = async ({ orderId }) => {
		if (orderId === refused.orderId) throw new Error("the database is away");
	};

	aSecondLater();
	await hearing(2);
	await until(async () => (await sandbox.notices(taken)).length === 0, { what: "the other notice to be taken" });

	const [againMs] = await sandbox.notices(refused);
	expect(againMs).toBeGreaterThanOrEqual(dueMs! + 5_000);
});

test("a notice that is not due yet is not told", async () => {
	const [early, due] = [await owed(), await owed()];
	const later = "UPDATE sandbox_provider.notices SET due_at = now() + interval '1 day' WHERE order_id = $1";
	await sandbox.look(later, [early.orderId]);

	aSecondLater();
	await hearing(1);
	await teller.close();

	expect(heard).toEqual([due]);
	expect(await sandbox.notices(early)).toHaveLength(1);
});

test("a notice that the shop takes its time for is not told a second time meanwhile", async () => {
	const { opened, open } = gate();
	await owed();
	take = () => opened;
	aSecondLater();
	await hearing(1);

	aSecondLater();
	aSecondLater();
	// On each of its connections once: whatever those two looks have asked the database was asked before.
	await Promise.all([1, 2, 3, 4].map(() => teller.lookUp(randomUUID(), NO_TIME)));
	await Promise.all([1, 2, 3, 4].map(() => teller.lookUp(randomUUID(), NO_TIME)));
	open();
	await teller.close();

	expect(heard).toHaveLength(1);
});

test("a notice that comes after another was taken is told at the next look", async () => {
	await owed();
	aSecondLater();
	await hearing(1);
	const next = await owed();

	await until(
		() => {
			aSecondLater();
			return heard.some(({ orderId }) => orderId === next.orderId);
		},
		{ what: "the next notice to be told" },
	);

	expect(heard.at(-1)).toEqual(next);
});

test("a notice in work is waited for by who closes the provider, and none follows", async () => {
	const { opened, open } = gate();
	const request = await owed();
	take = () => opened;
	aSecondLater();
	await hearing(1);

	const closing = teller.close();
	expect(jest.getTimerCount()).toBe(0);
	open();
	await closing;

	expect(await sandbox.notices(request)).toEqual([]);
});
