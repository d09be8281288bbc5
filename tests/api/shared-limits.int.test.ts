import { randomUUID } from "node:crypto";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { describeOnRabbitMQ, describeOnRedis, testRedis } from "../support/servers";
import { openShop, shopEnvironment, type Shop } from "../support/shop";
import { until } from "../support/until";
import { rawGraphQL } from "./raw-request";

const LOGIN = "mutation ($input: LoginUserInput!) { loginUser(input: $input) { expiresIn } }";
const REGISTER = "mutation ($input: RegisterUserInput!) { registerUser(input: $input) { expiresIn } }";

const withoutRedis = async () => ({ url: undefined, [Symbol.asyncDispose]: async () => undefined });

describeOnRabbitMQ("rate limits", () => {
	describe("with PostgreSQL alone", () => {
		areShared(withoutRedis);
	});
	describeOnRedis("with Redis", () => {
		areShared(testRedis);
	});
});

/** Whoever goes from one gateway to another is counted by both. */
function areShared(openRedis: () => Promise<{ url: string | undefined } & AsyncDisposable>): void {
	let redis: Awaited<ReturnType<typeof openRedis>>;
	let shop: Shop;
	let second: Node;

	beforeAll(async () => {
		redis = await openRedis();
		const limits: Record<string, string> = { RATE_LIMIT_FACTOR: "1", TRUST_PROXY: "127.0.0.1" };
		if (redis.url) limits["REDIS_URL"] = redis.url;
		shop = await openShop({ events: "rabbitmq", settings: { ...limits, NODE_ID: "first" } });
		const { databaseUrl, amqpUrl } = shop.node().settings;
		const environment = { ...shopEnvironment(databaseUrl, amqpUrl), ...limits, SERVICES: "gateway", NODE_ID: "second" };
		second = await startNode(readSettings({ ...environment, PORT: "0" }), () => undefined);
		await until(async () => (await rawGraphQL(second.url!, "{ me { id } }")).errors.length === 0, {
			what: "the second gateway to know the others",
		});
	});
	afterAll(async () => {
		await second?.stop();
		await shop?.[Symbol.asyncDispose]();
		await redis?.[Symbol.asyncDispose]();
	});

	async function inTurns(count: number, query: string, input: () => object, address: string): Promise<string[]> {
		const gateways = [shop.node().url!, second.url!];
		const answers = Array.from({ length: count }, async (_, index) => {
			const url = gateways[index % gateways.length]!;
			const { errors } = await rawGraphQL(url, query, { input: input() }, { "x-forwarded-for": address });
			return errors[0]?.extensions.code ?? "ok";
		});
		return (await Promise.all(answers)).toSorted();
	}
	const times = (count: number, code: string) => Array.from({ length: count }, () => code);

	test("ten logins fail for an account, whichever gateway they come through", async () => {
		const ada = await shop.given.customer();

		const codes = await inTurns(16, LOGIN, () => ({ email: ada.email, password: "a wrong one" }), "203.0.113.1");

		expect(codes).toEqual([...times(10, "INVALID_CREDENTIALS"), ...times(6, "RATE_LIMITED")]);
	});

	test("thirty register from one address, whichever gateway they come through", async () => {
		const somebody = () => ({ email: `${randomUUID()}@shop.test`, password: "correct horse battery", name: "Ada" });

		const codes = await inTurns(36, REGISTER, somebody, "203.0.113.2");

		expect(codes).toEqual([...times(6, "RATE_LIMITED"), ...times(30, "ok")]);
	});
}
