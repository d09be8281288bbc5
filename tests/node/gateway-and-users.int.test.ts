import { randomUUID } from "node:crypto";
import { startNode, type Node } from "../../node/node";
import { readSettings } from "../../node/settings";
import { signAccessToken } from "../../mixins/access/token";
import { rawGraphQL } from "../api/raw-request";
import { onServer } from "../support/postgres-server";
import { describeOnRabbitMQ, testDatabase, testVhost, type TestDatabase, type TestVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { until } from "../support/until";

const BEFORE = "c2VjcmV0IG9mIGJlZm9yZSwgb2YgMzIgYnl0ZXMgYW5kIG1vcmU";
const AFTER = "dGhlIG5leHQgc2VjcmV0LCBvZiAzMiBieXRlcyBhbmQgbW9yZQ";

const REGISTER = "mutation ($input: RegisterUserInput!) { registerUser(input: $input) { accessToken } }";

describeOnRabbitMQ("a gateway and a users node apart", () => {
	const nodes: Node[] = [];
	let vhost: TestVhost;
	let database: TestDatabase;
	let early: Node;

	beforeAll(async () => {
		[vhost, database] = await Promise.all([testVhost(), testDatabase()]);
		early = await start({ SERVICES: "gateway", JWT_SECRET: BEFORE });
		await start({ SERVICES: "users", JWT_SECRET: BEFORE });
	});
	afterAll(async () => {
		await Promise.all(nodes.map((node) => node.stop()));
		await vhost[Symbol.asyncDispose]();
		await database[Symbol.asyncDispose]();
	});

	async function start(variables: Record<string, string>): Promise<Node> {
		const environment = { ...shopEnvironment(database.url, vhost.url), PORT: "0", ...variables };
		const node = await startNode(readSettings(environment), (reason) => {
			throw new Error(reason);
		});
		nodes.push(node);
		return node;
	}

	test("name the cookie by the shop, also where the gateway was there before it", async () => {
		const headers = { "x-session": "cookie", origin: early.url! };

		const cookieOfOneWhoSignsUp = async (): Promise<string | undefined> => {
			const input = { email: `${randomUUID()}@shop.example`, name: "Ada", password: "correct horse battery" };
			const { headers: answered } = await rawGraphQL(early.url!, REGISTER, { input }, headers);
			return answered["set-cookie"]?.[0]?.split("=")[0];
		};

		const named = `molecart_session_${await shopOf(database.url)}`;
		const cookie = await until(
			async () => {
				const name = await cookieOfOneWhoSignsUp();
				return name === named && name;
			},
			{ what: "the gateway to know its shop" },
		);
		expect(cookie).toBe(named);
	});

	test("take no tokens of another shop that has the same secret", async () => {
		const admin = { id: randomUUID(), role: "ADMIN" };
		const asked = async (shopId: string | undefined) => {
			const authorization = `Bearer ${signAccessToken(admin, BEFORE, { shopId })}`;
			const { errors } = await rawGraphQL(early.url!, "{ me { id } }", {}, { authorization });
			return errors[0]?.extensions.code ?? "taken";
		};
		const own = await shopOf(database.url);

		const answers = await Promise.all([asked(own), asked(undefined), asked("0123456789abcdef")]);

		// Users of an older release name no shop.
		expect(answers).toEqual(["taken", "taken", "UNAUTHENTICATED"]);
	});

	test("with two secrets say so in the gateway's log, which stays ready, until it knows the other secret as well", async () => {
		const wrong = await start({ SERVICES: "gateway", JWT_SECRET: AFTER });
		const said = jest.spyOn(wrong.broker.getLocalService("gateway").logger, "error").mockImplementation();
		const changing = await start({ SERVICES: "gateway", JWT_SECRET: AFTER, JWT_OTHER_SECRET: BEFORE });

		await until(() => said.mock.calls.length > 0, { what: "the wrong secret to be noticed" });
		const answer = await until(
			async () => {
				const input = { email: "ada@shop.example", name: "Ada", password: "correct horse battery" };
				const { data } = await rawGraphQL(changing.url!, REGISTER, { input });
				return data as { registerUser: { accessToken: string } };
			},
			{ what: "users to be there" },
		);
		const token = answer.registerUser.accessToken;
		const me = await rawGraphQL(changing.url!, "{ me { name } }", {}, { authorization: `Bearer ${token}` });

		expect(said).toHaveBeenCalledWith(
			expect.stringMatching(/^The users node \S+ signs access tokens with another JWT_SECRET than this gateway's/),
		);
		expect(me.data).toEqual({ me: { name: "Ada" } });
		expect([wrong.missing(), changing.missing()]).toEqual([[], []]);
	});
});

function shopOf(url: string): Promise<string> {
	return onServer(url, async (client) => {
		const { rows } = await client.query<{ id: string }>("SELECT id FROM migrations.ids WHERE whose = 'shop'");
		return rows[0]!.id;
	});
}
