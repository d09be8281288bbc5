import { randomUUID } from "node:crypto";
import { openShop, type Shop } from "../support/shop";
import { rawGraphQL, rawRequest, type RawAnswer } from "./raw-request";

const REGISTER = "mutation ($input: RegisterUserInput!) { registerUser(input: $input) { user { id } } }";
const LOGIN = "mutation ($input: LoginUserInput!) { loginUser(input: $input) { user { id } } }";

const codeOf = ({ errors }: RawAnswer) => errors[0]?.extensions.code;

describe("passwords", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const register = (password: string, email = `${randomUUID()}@shop.test`) =>
		rawGraphQL(shop.node().url!, REGISTER, { input: { email, password, name: "Ada" } });
	const login = (email: string, password: string) =>
		rawGraphQL(shop.node().url!, LOGIN, { input: { email, password } });

	test.each(["password", "12345678", "QWERTYUIOP", "Sunshine", "trustno1", "iloveyou", "1q2w3e4r"])(
		"%s is one of those that are guessed first, and refused",
		async (password) => {
			expect((await register(password)).errors[0]!.extensions).toMatchObject({
				code: "BAD_USER_INPUT",
				fields: [{ field: "password", message: "This password is one of those that are guessed first" }],
			});
		},
	);

	test.each([
		["seven characters", "s3v3n!!"],
		["73 bytes", "p".repeat(73)],
		["25 characters of 3 bytes", "字".repeat(25)],
		["2,000 characters", "p".repeat(2_000)],
	])("%s are refused", async (_what, password) => {
		expect((await register(password)).errors[0]!.extensions).toMatchObject({
			code: "BAD_USER_INPUT",
			fields: [{ field: "password" }],
		});
	});

	test("eight characters of any kind will do, and are compared to the last bit", async () => {
		for (const password of ["ab cd ef", "пароль-ё", "🔑🗝️🔒🔓🧂🌶️🥖🧀", "p".repeat(72)]) {
			const email = `${randomUUID()}@shop.test`;
			expect((await register(password, email)).errors).toEqual([]);
			expect((await login(email, password)).errors).toEqual([]);
			expect(codeOf(await login(email, `${password}x`))).toBe("INVALID_CREDENTIALS");
			expect(codeOf(await login(email, [...password].slice(0, -1).join("")))).toBe("INVALID_CREDENTIALS");
		}
	});

	test("a megabyte of password is refused before anything is made of it", async () => {
		const body = JSON.stringify({
			query: LOGIN,
			variables: { input: { email: "a@b.test", password: "p".repeat(1_000_000) } },
		});

		const answers = await Promise.all([
			rawRequest(shop.node().url!, "/graphql", {
				method: "POST",
				headers: { "content-type": "application/json" },
				body,
			}),
			rawRequest(shop.node().url!, "/api/login", {
				method: "POST",
				headers: { "content-type": "application/json" },
				body,
			}),
		]);

		expect(answers.map(({ status }) => status)).toEqual([413, 413]);
	});

	test("an unknown address and a wrong password get the same answer", async () => {
		const ada = await shop.given.customer();

		const [wrong, unknown] = [
			await login(ada.email, "not the password"),
			await login("nobody@shop.test", "not the password"),
		];

		expect(unknown.text).toBe(wrong.text);
		expect(unknown.status).toBe(wrong.status);
		expect(codeOf(wrong)).toBe("INVALID_CREDENTIALS");
	});

	test("whoever changes their password is told of the password alone", async () => {
		const ada = await shop.given.customer();
		const input = { currentPassword: "not the password", newPassword: "another correct horse" };
		const change = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }";

		const answer = await rawGraphQL(shop.node().url!, change, { input }, { authorization: `Bearer ${ada.token}` });

		expect(answer.errors).toMatchObject([
			{ message: "The current password is wrong", extensions: { code: "INVALID_CREDENTIALS" } },
		]);
	});
});

describe("failed logins", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres", settings: { RATE_LIMIT_FACTOR: "1", TRUST_PROXY: "127.0.0.1" } });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const from = (address: string) => ({ "x-forwarded-for": address });
	const login = (email: string, password: string, address: string) =>
		rawGraphQL(shop.node().url!, LOGIN, { input: { email, password } }, from(address));
	const failTimes = async (times: number, email: string, address: string) => {
		const answers = await Promise.all(Array.from({ length: times }, () => login(email, "a wrong one", address)));
		return answers.map(codeOf);
	};
	const count = (codes: (string | undefined)[], code: string) => codes.filter((each) => each === code).length;

	test("after ten for an account from one address, that address has to wait, and no other has", async () => {
		const ada = await shop.given.customer();

		const codes = await failTimes(15, ada.email, "203.0.113.1");

		expect([count(codes, "INVALID_CREDENTIALS"), count(codes, "RATE_LIMITED")]).toEqual([10, 5]);
		const refused = await login(ada.email, ada.password, "203.0.113.1");
		expect(codeOf(refused)).toBe("RATE_LIMITED");
		expect(refused.errors[0]!.extensions["retryAfter"]).toBeGreaterThan(0);
		expect(Number(refused.headers["retry-after"])).toBe(refused.errors[0]!.extensions["retryAfter"]);
		expect((await login(ada.email, ada.password, "203.0.113.2")).errors).toEqual([]);
		const bob = await shop.given.customer();
		expect((await login(bob.email, bob.password, "203.0.113.1")).errors).toEqual([]);
	});

	test("fifteen in one request by aliases are one try: the first failure ends the request", async () => {
		const ada = await shop.given.customer();
		const input = `input: { email: "${ada.email}", password: "a wrong one" }`;
		const query = `mutation { ${Array.from({ length: 15 }, (_, i) => `a${i}: loginUser(${input}) { expiresIn }`).join(" ")} }`;

		const answer = await rawGraphQL(shop.node().url!, query, {}, from("203.0.113.20"));

		expect(codeOf(answer)).toBe("INVALID_CREDENTIALS");
		expect(answer.errors).toHaveLength(1);
		const { rows } = await shop.database.query("SELECT count FROM users.attempts WHERE key LIKE $1", [
			`login ${ada.email}%203.0.113.20`,
		]);
		expect(rows).toEqual([{ count: 1 }]);
	});

	test("after fifty from one address for whatever accounts, that address has to wait", async () => {
		const emails = Array.from({ length: 60 }, () => `${randomUUID()}@shop.test`);

		const codes = (await Promise.all(emails.map((email) => login(email, "a wrong one", "203.0.113.3")))).map(codeOf);

		expect([count(codes, "INVALID_CREDENTIALS"), count(codes, "RATE_LIMITED")]).toEqual([50, 10]);
	});

	test("whoever has an endless supply of IPv6 addresses has one network", async () => {
		const ada = await shop.given.customer();
		const addresses = Array.from({ length: 12 }, (_, i) => `2001:db8:7:7::${i + 1}`);

		const codes = (await Promise.all(addresses.map((address) => login(ada.email, "a wrong one", address)))).map(codeOf);

		expect(count(codes, "RATE_LIMITED")).toBe(2);
	});

	test("an account that is guessed at from everywhere gets slower, and lets its owner in", async () => {
		const ada = await shop.given.customer();
		for (let network = 0; network < 3; network++) await failTimes(10, ada.email, `198.51.100.${network}`);

		const began = performance.now();
		const answer = await login(ada.email, ada.password, "192.0.2.1");

		expect(answer.errors).toEqual([]);
		expect(performance.now() - began).toBeGreaterThanOrEqual(400);
	});

	test("the guesses of whoever holds an access token count as well", async () => {
		const ada = await shop.given.customer();
		const change = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }";
		const input = { currentPassword: "a wrong one", newPassword: "another horse battery" };
		const headers = { ...from("203.0.113.4"), authorization: `Bearer ${ada.token}` };

		const answers = await Promise.all(
			Array.from({ length: 12 }, () => rawGraphQL(shop.node().url!, change, { input }, headers)),
		);

		expect(count(answers.map(codeOf), "RATE_LIMITED")).toBe(2);
	});

	test("a proxy that names each connection's port names one address all the same, over GraphQL and REST", async () => {
		const eve = await shop.given.customer();
		const forms = (port: number): Record<string, string>[] => [
			{ "x-forwarded-for": `203.0.113.9:${port}` },
			{ "x-forwarded-for": `[2001:db8:7::${port.toString(16)}]:${port}` },
			{ forwarded: `for="203.0.113.10:${port}";proto=https` },
		];
		const overRest = (headers: Record<string, string>) =>
			rawRequest(shop.node().url!, "/api/login", {
				method: "POST",
				headers: { "content-type": "application/json", ...headers },
				body: JSON.stringify({ email: eve.email, password: "a wrong one" }),
			});

		for (const form of [0, 1, 2]) {
			const input = { email: eve.email, password: "a wrong one" };
			const fail = (port: number) => rawGraphQL(shop.node().url!, LOGIN, { input }, forms(port)[form]);
			const failures = await Promise.all(Array.from({ length: 11 }, (_, index) => fail(40_001 + index)));

			expect(count(failures.map(codeOf), "RATE_LIMITED")).toBe(1);
			expect((await overRest(forms(50_001)[form]!)).error?.code).toBe("RATE_LIMITED");
		}
	});

	test("what is no address counts as its proxy's, so making one up gets round nothing", async () => {
		const eve = await shop.given.customer();
		const input = { email: eve.email, password: "a wrong one" };
		const madeUp = [
			"unknown",
			"_a",
			"_b",
			"x",
			"x, y",
			"1.2.3",
			"1.2.3.4 5",
			"[::1",
			"999.1.1.1",
			"a:1",
			"203.0.113.1x",
		];

		const failures = await Promise.all(madeUp.map((address) => login(input.email, input.password, address)));

		expect(count(failures.map(codeOf), "RATE_LIMITED")).toBe(1);
	});

	test("successes don't count, and the limits outlive the gateway that counted", async () => {
		const ada = await shop.given.customer();
		const bob = await shop.given.customer();
		for (let time = 0; time < 12; time++) {
			expect((await login(ada.email, ada.password, "203.0.113.5")).errors).toEqual([]);
		}
		await failTimes(10, bob.email, "203.0.113.6");

		await shop.restart();

		expect(codeOf(await login(bob.email, bob.password, "203.0.113.6"))).toBe("RATE_LIMITED");
	});
});

describe("registrations", () => {
	test("are thirty from one address in an hour, whatever the client says of its address", async () => {
		await using shop = await openShop({ events: "postgres", settings: { RATE_LIMIT_FACTOR: "1" } });
		const register = (index: number) =>
			rawRequest(shop.node().url!, "/api/register", {
				method: "POST",
				headers: { "content-type": "application/json", "x-forwarded-for": `203.0.113.${index}` },
				body: JSON.stringify({ email: `${randomUUID()}@shop.test`, password: "correct horse battery", name: "Ada" }),
			});

		const answers = await Promise.all(Array.from({ length: 33 }, (_, index) => register(index)));

		const refused = answers.filter(({ status }) => status === 429);
		expect(refused).toHaveLength(3);
		expect(refused[0]).toMatchObject({ error: { code: "RATE_LIMITED", retryAfter: expect.any(Number) } });
		expect(Number(refused[0]!.headers["retry-after"])).toBeGreaterThan(3_000);
	});
});
