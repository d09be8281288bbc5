import { ServiceBroker, type Context, type ServiceSchema } from "moleculer";
import { AccessControl, callerOf, type Caller, type CallerMeta } from "./access";

const grace: Caller = { id: "grace", role: "CUSTOMER" };
const ada: Caller = { id: "ada", role: "ADMIN" };

let broker: ServiceBroker;

beforeAll(async () => {
	broker = new ServiceBroker({ logger: false, middlewares: [AccessControl] });
	broker.createService({
		name: "library",
		actions: {
			look: { access: "anyone", handler: () => "seen" },
			borrow: { access: "user", handler: (ctx: Context<never, CallerMeta>) => callerOf(ctx).id },
			burn: { access: "admin", handler: () => "burnt" },
			count: { access: "services", handler: () => 7 },
			tidy: { handler: () => "tidy" },
			whoAsks: { access: "anyone", handler: (ctx: Context<never, CallerMeta>) => callerOf(ctx).id },
			lend: { access: "anyone", handler: (ctx: Context) => ctx.call("library.borrow") },
		},
	} as unknown as ServiceSchema);
	await broker.start();
});

afterAll(() => broker.stop());

const call = (action: string, caller?: Caller): Promise<unknown> =>
	broker.call(`library.${action}`, {}, { meta: { caller } });

const UNAUTHENTICATED = { code: 401, type: "UNAUTHENTICATED", retryable: false };
const FORBIDDEN = { code: 403, type: "FORBIDDEN", retryable: false };

describe("a direct call obeys the action's own rule:", () => {
	test.each<[string, string, Caller | undefined, unknown]>([
		["what is for anyone, by nobody", "look", undefined, "seen"],
		["what is for anyone, by a customer", "look", grace, "seen"],
		["what is for users, by a customer", "borrow", grace, "grace"],
		["what is for users, by an administrator", "borrow", ada, "ada"],
		["what is for administrators, by one", "burn", ada, "burnt"],
		["what is for services, by a service", "count", undefined, 7],
		["what says nothing, by a service", "tidy", undefined, "tidy"],
	])("%s, is done", async (_name, action, caller, answer) => {
		expect(await call(action, caller)).toBe(answer);
	});

	test.each<[string, string, Caller | undefined, object]>([
		["what is for users, by nobody", "borrow", undefined, UNAUTHENTICATED],
		["what is for administrators, by nobody", "burn", undefined, UNAUTHENTICATED],
		["what is for administrators, by a customer", "burn", grace, FORBIDDEN],
		["what is for administrators, by a role in small letters", "burn", { id: "x", role: "admin" }, FORBIDDEN],
		["what is for administrators, by no role", "burn", { id: "x" } as Caller, FORBIDDEN],
	])("%s, is refused", async (_name, action, caller, error) => {
		await expect(call(action, caller)).rejects.toMatchObject(error);
	});
});

test("who is asking travels with each call that follows", async () => {
	expect(await call("lend", grace)).toBe("grace");
	await expect(call("lend")).rejects.toMatchObject(UNAUTHENTICATED);
});

test("an action that needs to know who is asking and was not told refuses", async () => {
	await expect(call("whoAsks")).rejects.toMatchObject(UNAUTHENTICATED);
});
