import type { AddressInfo } from "node:net";
import { createClient } from "graphql-ws";
import { Loggers, ServiceBroker, type Service } from "moleculer";
import { WebSocket } from "ws";
import { readSettings } from "../../node/settings";
import type { Resources } from "../resources";
import gateway from "./gateway.service";
import { REST_ROUTES } from "./rest";
import { urgencyOf } from "./urgency";

const settings = readSettings({ PORT: "0", NODE_ENV: "test", DATA_DIR: "/tmp/none", METRICS_PORT: "0" });
/** What is worth a line in the log. */
const logged: unknown[] = [];
class Kept extends Loggers.Base<object> {
	override getLogHandler() {
		return (type: string, args: unknown[]) => void (["warn", "error", "fatal"].includes(type) && logged.push(args));
	}
}
let broker: ServiceBroker;
let url: string;
/** How late the process is, as the gateway is told. */
let look: (delayMs: number, sinceLastLookMs: number) => void;

beforeAll(async () => {
	broker = new ServiceBroker({ logger: new Kept({ level: "warn" }), metrics: { enabled: true, reporter: [] } });
	const resources = {
		settings,
		jwtSecret: "x".repeat(32),
		shopId: () => undefined,
		missing: () => [],
		publicUrl: () => undefined,
		absent: () => [],
	} as Partial<Resources> as Resources;
	const watch = (tell: typeof look) => ((look = tell), () => undefined);
	const service = broker.createService(gateway(resources, watch)) as Service & { server: { address(): AddressInfo } };
	await broker.start();
	url = `http://127.0.0.1:${service.server.address().port}`;
});
afterAll(() => broker.stop());

/** No services are there, so what is let in is answered with UNAVAILABLE. */
const IN = "UNAVAILABLE";
const OUT = "OVERLOADED";

/** For so long, one look after the other. */
const late = (delayMs: number, forMs: number): void => {
	for (let passedMs = 0; passedMs < forMs; passedMs += 25 + delayMs) look(delayMs, 25 + delayMs);
};
/** Half of it is let in, so each is asked several times. */
const often = async (ask: () => Promise<string>): Promise<Set<string>> =>
	new Set(await Promise.all(Array.from({ length: 40 }, ask)));

const BROWSE = "{ products { totalItems } }";
const CHECKOUT = `mutation { checkout(input: { cartId: "${"0".repeat(8)}-0000-4000-8000-${"0".repeat(12)}", idempotencyKey: "k", paymentToken: "t",
	shippingAddress: { name: "A", line1: "1", city: "L", postalCode: "N", country: "GB" } }) { id } }`;

const post = (query: string, signal?: AbortSignal): Promise<Response> =>
	fetch(`${url}/graphql`, {
		...(signal && { signal }),
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({ query }),
	});
const graphql = async (query: string): Promise<string> => {
	const { errors } = (await (await post(query)).json()) as { errors: { extensions: { code: string } }[] };
	return errors[0]!.extensions.code;
};
const rest = async (method: string, path: string): Promise<string> => {
	const response = await fetch(`${url}/api${path}`, { method });
	return ((await response.json()) as { error: { code: string } }).error.code;
};
const overSocket = async (query: string): Promise<string> => {
	const client = createClient({
		url: `${url.replace("http", "ws")}/graphql`,
		webSocketImpl: WebSocket,
		retryAttempts: 0,
	});
	try {
		for await (const { errors } of client.iterate({ query })) return errors![0]!.extensions!["code"] as string;
		return "nothing";
	} catch (errors) {
		return (errors as { extensions: { code: string } }[])[0]!.extensions.code;
	} finally {
		await client.dispose();
	}
};

beforeEach(() => late(0, 10_000));

test("while there is time for everything, everything is let in", async () => {
	expect(await often(() => graphql(BROWSE))).toEqual(new Set([IN]));
	expect(await often(() => rest("GET", "/products"))).toEqual(new Set([IN]));
	expect(await often(() => overSocket(BROWSE))).toEqual(new Set([IN]));
});

test("when there is not, browsing is refused and purchases are let in, over GraphQL, REST and WebSocket alike", async () => {
	late(100, 9_000);

	expect(await often(() => graphql(BROWSE))).toEqual(new Set([IN, OUT]));
	expect(await often(() => rest("GET", "/products"))).toEqual(new Set([IN, OUT]));
	expect(await often(() => overSocket(BROWSE))).toEqual(new Set([IN, OUT]));
	expect(await often(() => graphql(CHECKOUT))).toEqual(new Set([IN]));
	expect(await often(() => rest("POST", "/orders"))).toEqual(new Set([IN]));
	expect(await often(() => overSocket(CHECKOUT))).toEqual(new Set([IN]));
});

test("in the end everything is refused but health, and let in again when there is time", async () => {
	late(1_000, 60_000);

	expect(await often(() => graphql(BROWSE))).toEqual(new Set([OUT]));
	expect(await often(() => graphql(CHECKOUT))).toEqual(new Set([OUT]));
	expect(await often(() => rest("POST", "/login"))).toEqual(new Set([OUT]));
	for (const path of ["/health/live", "/health/ready"]) expect((await fetch(url + path)).status).toBe(200);

	late(0, 10_000);

	expect(await often(() => graphql(BROWSE))).toEqual(new Set([IN]));
	expect(await often(() => graphql(CHECKOUT))).toEqual(new Set([IN]));
});

test("a refusal says over GraphQL and REST when to come back", async () => {
	late(1_000, 60_000);

	const answers = [await post(BROWSE), await fetch(`${url}/api/products`)];
	const [overGraphQL, overRest] = (await Promise.all(answers.map((each) => each.json()))) as [
		{ errors: unknown[] },
		{ error: unknown },
	];

	const retryAfters = answers.map(({ headers }) => Number(headers.get("retry-after")));
	expect(answers.map(({ status }) => status)).toEqual([503, 503]);
	const message = "There is too much to do right now";
	expect(overGraphQL.errors).toEqual([{ message, extensions: { code: OUT, retryAfter: retryAfters[0] } }]);
	expect(overRest.error).toEqual({ code: OUT, message, retryAfter: retryAfters[1] });
	for (const seconds of retryAfters) expect(seconds).toBeGreaterThanOrEqual(1);
});

test("a refusal is nothing to write a line about: there are too many of them", async () => {
	late(1_000, 60_000);
	logged.length = 0;

	await Promise.all([graphql(BROWSE), rest("GET", "/products"), overSocket(BROWSE), rest("DELETE", "/products")]);

	expect(logged).toEqual([]);
});

// Before those tests whose clients go away: what they have asked may come when they have gone.
test("what is refused is counted by how urgent it was", async () => {
	const counted = (urgency: string): number =>
		Number(broker.metrics.getMetric("gateway.refused")?.get({ urgency })?.value ?? 0);
	late(1_000, 60_000);
	const before = [counted("browsing"), counted("buying")];

	await graphql(BROWSE);
	await graphql(CHECKOUT);

	expect([counted("browsing"), counted("buying")]).toEqual(before.map((times) => times + 1));
});

/** More than are let in at a time. */
const MORE = 300;

test.each<[string, () => Promise<unknown>]>([
	["an answer", () => graphql(BROWSE)],
	["a refusal", () => post("{ products { nothing } }")],
	["a syntax error", () => post("{ products")],
	["an answer over REST", () => rest("GET", "/products")],
	["a method that is not known", () => fetch(`${url}/api/products`, { method: "DELETE" })],
	["an answer over a socket", () => overSocket(BROWSE)],
	["nobody any more", () => post(BROWSE, AbortSignal.timeout(1)).catch(() => undefined)],
])("what has come to its end with %s leaves its place", async (_end, ask) => {
	for (let asked = 0; asked < MORE; asked += 20) await Promise.all(Array.from({ length: 20 }, ask));

	expect(await graphql(BROWSE)).toBe(IN);
	expect(await rest("GET", "/products")).toBe(IN);
});

test("a purchase is not a way in for what else is asked for beside it, also in a fragment", async () => {
	late(100, 9_000);

	expect(
		await often(() => graphql("{ me { id } ...More } fragment More on Query { products { totalItems } }")),
	).toContain(OUT);
	expect(urgencyOf("me", "cart")).toBe("shopping");
	expect(urgencyOf("me", "order")).toBe("buying");
});

test.each(REST_ROUTES.map(({ method, path, action }) => [`${method} ${path}`, action] as const))(
	"%s is as urgent as its GraphQL field",
	(_route, action) => {
		const fields: Record<string, string> = {
			"products.list": "products",
			"products.get": "product",
			"cart.checkout": "checkout",
			"orders.list": "orders",
			"orders.get": "order",
			"orders.cancel": "cancelOrder",
			"users.login": "loginUser",
			"users.register": "registerUser",
			"users.resetPassword": "resetPassword",
		};
		expect(urgencyOf(action)).toBe(urgencyOf(fields[action] ?? "anything else"));
	},
);
