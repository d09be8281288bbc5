import { randomUUID } from "node:crypto";
import { startNode } from "../../node/node";
import { readSettings } from "../../node/settings";
import { describeOnRabbitMQ } from "../support/servers";
import { openShop, shopEnvironment, type Shop } from "../support/shop";
import { until } from "../support/until";
import { rawGraphQL, rawRequest, type RawAnswer } from "./raw-request";

const AUTH = "{ accessToken refreshToken expiresIn user { id email } }";
const REGISTER = `mutation ($input: RegisterUserInput!) { registerUser(input: $input) ${AUTH} }`;
const REFRESH = `mutation ($token: String) { refreshSession(refreshToken: $token) ${AUTH} }`;
const LOGOUT = "mutation ($token: String) { logoutUser(refreshToken: $token) }";
const ME = "{ me { id } }";

describe("a browser that keeps its session in a cookie", () => {
	let shop: Shop;
	let url: string;
	let origin: string;

	beforeAll(async () => {
		shop = await openShop({
			events: "postgres",
			settings: {
				CORS_ORIGINS: "https://front.example",
				PUBLIC_URL: "http://shop.example:8443",
				TRUST_PROXY: "127.0.0.1",
			},
		});
		url = shop.node().url!;
		origin = url;
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const ask = (query: string, variables: object = {}, headers: Record<string, string> = {}) =>
		rawGraphQL(url, query, variables, { "x-session": "cookie", origin, ...headers });
	const cookieOf = ({ headers }: RawAnswer) => headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
	const signUp = async () => {
		const input = { email: `${randomUUID()}@shop.test`, password: "correct horse battery", name: "Ada" };
		const answer = await ask(REGISTER, { input });
		return { answer, input, cookie: cookieOf(answer), auth: answer.data!["registerUser"]! };
	};

	test("gets the refresh token where no script can read it", async () => {
		const { answer, auth } = await signUp();

		expect(auth).toMatchObject({ refreshToken: "", accessToken: expect.any(String), expiresIn: 900 });
		expect(answer.headers["set-cookie"]).toEqual([
			expect.stringMatching(
				/^molecart_session_[0-9a-f]{16}=[\w-]{43}; Max-Age=2592000; Path=\/graphql; HttpOnly; SameSite=Strict$/,
			),
		]);
	});

	test("in production keeps it for HTTPS alone where the browser has that, and says so where it can't keep it", async () => {
		await using secure = await openShop({
			events: "postgres",
			settings: { NODE_ENV: "production", BCRYPT_COST: "10", TRUST_PROXY: "127.0.0.1" },
		});
		const address = secure.node().url!;
		const tell = (query: string, variables: object, headers: Record<string, string> = {}) =>
			rawGraphQL(address, query, variables, { "x-session": "cookie", origin: address, ...headers });
		const input = { email: `${randomUUID()}@shop.test`, password: "correct horse battery", name: "Ada" };

		const signedUp = await tell(REGISTER, { input });
		const refreshed = await tell(REFRESH, {}, { cookie: cookieOf(signedUp) });
		const signedOut = await tell(LOGOUT, {}, { cookie: cookieOf(refreshed) });

		for (const { headers } of [signedUp, refreshed, signedOut]) {
			expect(headers["set-cookie"]).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Strict; Secure$/)]);
		}

		const visitor = { input: { ...input, email: `${randomUUID()}@shop.test` } };
		const at = { host: "shop.lan", origin: "http://shop.lan" };
		const refused = await tell(REGISTER, visitor, at);
		const refusedRefresh = await tell(REFRESH, {}, at);
		const refusedOverRest = await rawRequest(address, "/api/register", {
			method: "POST",
			headers: { "content-type": "application/json", "x-session": "cookie", ...at },
			body: JSON.stringify(visitor.input),
		});
		const plain = await tell(REGISTER, visitor, { ...at, "x-forwarded-proto": "http" });

		const reason = { message: expect.stringMatching(/^No session can be kept at http:\/\/shop\.lan: /) };
		expect(refused).toMatchObject({ status: 403, errors: [{ ...reason, extensions: { code: "FORBIDDEN" } }] });
		expect(refusedRefresh).toMatchObject({ status: 403, errors: [reason] });
		expect(refusedOverRest).toMatchObject({ status: 403, error: { ...reason, code: "FORBIDDEN" } });
		expect(plain.headers["set-cookie"]).toEqual([expect.stringMatching(/; HttpOnly; SameSite=Strict$/)]);
	});

	test("keeps those of two shops on one host apart, as cookies know no ports", async () => {
		const { cookie } = await signUp();
		const { rows } = await shop.database.query<{ id: string }>("SELECT id FROM migrations.ids WHERE whose = 'shop'");
		const [name, token] = cookie.split("=");

		const others = await ask(REFRESH, {}, { cookie: `molecart_session_0123456789abcdef=${token}` });
		const both = await ask(REFRESH, {}, { cookie: `molecart_session_0123456789abcdef=x; ${cookie}` });

		expect(name).toBe(`molecart_session_${rows[0]!.id}`);
		expect(others.errors[0]!.extensions.code).toBe("BAD_USER_INPUT");
		expect(both.data!["refreshSession"]).toMatchObject({ accessToken: expect.any(String) });
	});

	test("refreshes without an argument, and each time the cookie is another one", async () => {
		const { cookie } = await signUp();

		const first = await ask(REFRESH, {}, { cookie });
		const second = await ask(REFRESH, {}, { cookie: `other=1; ${cookieOf(first)}` });

		expect(second.data!["refreshSession"]).toMatchObject({ refreshToken: "", accessToken: expect.any(String) });
		expect(new Set([cookie, cookieOf(first), cookieOf(second)]).size).toBe(3);
	});

	test("signs in with a cookie as well", async () => {
		const { input } = await signUp();
		const { email, password } = input;

		const answer = await ask(`mutation ($input: LoginUserInput!) { loginUser(input: $input) ${AUTH} }`, {
			input: { email, password },
		});

		expect(answer.data).toMatchObject({ loginUser: { refreshToken: "" } });
		expect(cookieOf(answer)).toMatch(/^molecart_session_[0-9a-f]{16}=[\w-]{43}$/);
	});

	test("without the header nothing comes of a cookie, and the answer holds the token", async () => {
		const { cookie, input } = await signUp();

		const refused = await rawGraphQL(url, REFRESH, {}, { origin, cookie });
		const plain = await rawGraphQL(
			url,
			`mutation ($input: LoginUserInput!) { loginUser(input: $input) ${AUTH} }`,
			{ input: { email: input.email, password: input.password } },
			{ origin },
		);

		expect(refused.errors[0]!.extensions).toMatchObject({
			code: "BAD_USER_INPUT",
			fields: [{ field: "refreshToken", message: expect.any(String) }],
		});
		expect(plain.data).toMatchObject({ loginUser: { refreshToken: expect.stringMatching(/^[\w-]{43}$/) } });
		expect(plain.headers["set-cookie"]).toBeUndefined();
	});

	test.each(["https://evil.example", "null", "http://127.0.0.1:1"])(
		"a page of %s can't use the cookie",
		async (foreign) => {
			const { cookie } = await signUp();

			const refused = await ask(REFRESH, {}, { cookie, origin: foreign });

			expect(refused).toMatchObject({ status: 403, errors: [{ extensions: { code: "FORBIDDEN" } }] });
			expect((await ask(REFRESH, {}, { cookie })).data).toMatchObject({ refreshSession: { refreshToken: "" } });
		},
	);

	test("the shop's own page can, whatever its proxy makes of the host", async () => {
		const { cookie } = await signUp();
		const pages: [string, Record<string, string>][] = [
			["http://shop.example:8443", {}],
			["https://front-door.example:9443", { "x-forwarded-host": "front-door.example", "x-forwarded-port": "9443" }],
			["https://front-door.example", { forwarded: "for=203.0.113.7;host=front-door.example" }],
			["https://front-door.example", { host: "front-door.example:443" }],
		];

		const kept: string[] = [cookie];
		for (const [page, headers] of pages) {
			const answer = await ask(REFRESH, {}, { cookie: kept.at(-1)!, origin: page, ...headers });
			expect(answer.data).toMatchObject({ refreshSession: { refreshToken: "" } });
			kept.push(cookieOf(answer));
		}
		expect(new Set(kept).size).toBe(pages.length + 1);
	});

	test("a page that is allowed by name can", async () => {
		const { cookie } = await signUp();

		const answer = await ask(REFRESH, {}, { cookie, origin: "https://front.example" });

		expect(answer.data).toMatchObject({ refreshSession: { refreshToken: "" } });
	});

	test("of several refreshes at once one wins, and the session goes on", async () => {
		const { cookie } = await signUp();

		const answers = await Promise.all(Array.from({ length: 8 }, () => ask(REFRESH, {}, { cookie })));

		const won = answers.filter(({ errors }) => errors.length === 0);
		expect(won).toHaveLength(1);
		const lost = answers.filter(({ errors }) => errors.length > 0);
		expect(lost.map(({ errors, headers }) => [errors[0]!.extensions.code, headers["set-cookie"]])).toEqual(
			lost.map(() => ["UNAUTHENTICATED", undefined]),
		);
		const next = await ask(REFRESH, {}, { cookie: cookieOf(won[0]!) });
		expect(next.data).toMatchObject({ refreshSession: { refreshToken: "" } });
	});

	test("logging out takes the cookie away and ends the session", async () => {
		const { cookie, auth } = await signUp();

		const out = await ask(LOGOUT, {}, { cookie });

		expect(out.data).toEqual({ logoutUser: true });
		expect(out.headers["set-cookie"]).toEqual([expect.stringMatching(/^molecart_session_[0-9a-f]{16}=; Max-Age=0; /)]);
		expect((await ask(REFRESH, {}, { cookie })).errors[0]!.extensions.code).toBe("UNAUTHENTICATED");
		const withToken = await ask(ME, {}, { authorization: `Bearer ${auth["accessToken"] as string}` });
		expect(withToken).toMatchObject({ status: 401, errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
	});

	test("another origin's page may send the header after a preflight, if it is allowed by its whole name", async () => {
		const preflight = (from: string) =>
			fetch(`${url}/graphql`, {
				method: "OPTIONS",
				headers: {
					origin: from,
					"access-control-request-method": "POST",
					"access-control-request-headers": "content-type,x-session",
				},
			});

		const allowed = await preflight("https://front.example");
		const refused = await Promise.all(["https://evil.example", "https://front.exampl", "null"].map(preflight));

		expect(allowed.headers.get("access-control-allow-origin")).toBe("https://front.example");
		expect(allowed.headers.get("access-control-allow-headers")).toContain("x-session");
		expect(allowed.headers.get("access-control-allow-credentials")).toBe("true");
		expect(refused.map(({ headers }) => headers.get("access-control-allow-origin"))).toEqual([null, null, null]);
	});
});

describeOnRabbitMQ("a cookie that the users node makes", () => {
	test("is for HTTPS alone where the gateway is in production, whatever the users node is in", async () => {
		await using shop = await openShop({ events: "rabbitmq", settings: { NODE_ID: "first", BCRYPT_COST: "10" } });
		const { databaseUrl, amqpUrl } = shop.node().settings;
		const environment = { ...shopEnvironment(databaseUrl, amqpUrl), NODE_ENV: "production", BCRYPT_COST: "10" };
		const front = readSettings({ ...environment, SERVICES: "gateway", NODE_ID: "second", PORT: "0" });
		const second = await startNode(front, () => undefined);
		try {
			await until(async () => (await rawGraphQL(second.url!, ME)).errors.length === 0, {
				what: "the second gateway to know the others",
			});
			const signUp = (url: string) => {
				const input = { email: `${randomUUID()}@shop.test`, password: "correct horse battery", name: "Ada" };
				return rawGraphQL(url, REGISTER, { input }, { "x-session": "cookie", origin: url });
			};

			const secure = await signUp(second.url!);
			const plain = await signUp(shop.node().url!);

			expect(secure.headers["set-cookie"]).toEqual([expect.stringMatching(/; SameSite=Strict; Secure$/)]);
			expect(plain.headers["set-cookie"]).toEqual([expect.stringMatching(/; SameSite=Strict$/)]);
		} finally {
			await second.stop();
		}
	});
});
