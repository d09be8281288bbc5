import { openShop, type Shop } from "../support/shop";
import { rawRequest, type RawAnswer, type RawRequest } from "./raw-request";

const JSON_TYPE = { "content-type": "application/json" };
const ask = (query: unknown, more: object = {}): RawRequest => ({
	method: "POST",
	headers: JSON_TYPE,
	body: JSON.stringify({ query, ...more }),
});
const many = (count: number, text: (index: number) => string): string =>
	Array.from({ length: count }, (_, i) => text(i)).join(" ");
const nested = (depth: number): string => `{ categories ${"{ children ".repeat(depth)} { id } ${"}".repeat(depth)} }`;
const ADD = "mutation ($input: AddToCartInput!) { addToCart(input: $input) { id } }";
const PRODUCT = "00000000-0000-4000-8000-000000000000";
const bomb = many(12, (i) => `fragment F${i} on Category { ...F${i + 1} ...F${i + 1} ...F${i + 1} }`);

/** What is sent, and the one code that answers it. */
const BAD: [what: string, request: RawRequest, code: string, status: number][] = [
	["what is no JSON", { method: "POST", headers: JSON_TYPE, body: "{not json" }, "BAD_USER_INPUT", 400],
	["nothing at all", { method: "POST", headers: JSON_TYPE, body: "" }, "BAD_USER_INPUT", 400],
	["an empty object", { method: "POST", headers: JSON_TYPE, body: "{}" }, "BAD_USER_INPUT", 400],
	["JSON that is a text", { method: "POST", headers: JSON_TYPE, body: '"{ me { id } }"' }, "BAD_USER_INPUT", 400],
	["JSON that is null", { method: "POST", headers: JSON_TYPE, body: "null" }, "BAD_USER_INPUT", 400],
	["an empty query", ask(""), "BAD_USER_INPUT", 400],
	["a query that is a number", ask(7), "BAD_USER_INPUT", 400],
	["a query that is a list", ask(["{ me { id } }"]), "BAD_USER_INPUT", 400],
	["variables that are a list", ask("{ me { id } }", { variables: [1] }), "BAD_USER_INPUT", 400],
	["variables that are a text", ask("{ me { id } }", { variables: "x" }), "BAD_USER_INPUT", 400],
	["a name of an operation that is a number", ask("{ me { id } }", { operationName: 7 }), "BAD_USER_INPUT", 400],
	["a syntax error", ask("{ me { id }"), "GRAPHQL_VALIDATION_FAILED", 400],
	["an unknown field", ask("{ me { idd } }"), "GRAPHQL_VALIDATION_FAILED", 400],
	["an unknown argument", ask("{ products(tak: 1) { totalItems } }"), "GRAPHQL_VALIDATION_FAILED", 400],
	["no field at all", ask("{ me }"), "GRAPHQL_VALIDATION_FAILED", 400],
	["a missing variable", ask(ADD), "BAD_USER_INPUT", 400],
	["a variable that is null", ask(ADD, { variables: { input: null } }), "BAD_USER_INPUT", 400],
	[
		"2^31 for an Int",
		ask(ADD, { variables: { input: { productId: PRODUCT, quantity: 2 ** 31 } } }),
		"BAD_USER_INPUT",
		400,
	],
	[
		"1e999",
		{
			...ask(ADD),
			body: `{"query":${JSON.stringify(ADD)},"variables":{"input":{"productId":"${PRODUCT}","quantity":1e999}}}`,
		},
		"BAD_USER_INPUT",
		400,
	],
	["2^31 in the query itself", ask("{ products(take: 2147483648) { totalItems } }"), "GRAPHQL_VALIDATION_FAILED", 400],
	["a batch", { method: "POST", headers: JSON_TYPE, body: '[{"query":"{ me { id } }"}]' }, "BAD_USER_INPUT", 400],
	["too deep a query", ask(nested(12)), "QUERY_TOO_COMPLEX", 400],
	["too many aliases", ask(`{ ${many(40, (i) => `a${i}: me { id }`)} }`), "QUERY_TOO_COMPLEX", 400],
	["too many directives", ask(`{ me { ${many(40, () => "id @include(if: true)")} } }`), "QUERY_TOO_COMPLEX", 400],
	["too many tokens", ask(`{ me { ${many(2_100, () => "id")} } }`), "QUERY_TOO_COMPLEX", 400],
	["too many characters", ask(`{ me { id } } #${"x".repeat(25_000)}`), "QUERY_TOO_COMPLEX", 400],
	[
		"too much in pages of pages",
		ask(`{ ${many(30, (i) => `a${i}: products(take: 100) { items { id name sku slug } }`)} }`),
		"QUERY_TOO_COMPLEX",
		400,
	],
	[
		"a fragment that explodes",
		ask(`{ categories { ...F0 } } ${bomb} fragment F12 on Category { id }`),
		"QUERY_TOO_COMPLEX",
		400,
	],
	[
		"fragments in a circle",
		ask("{ categories { ...A } } fragment A on Category { ...B } fragment B on Category { ...A }"),
		"GRAPHQL_VALIDATION_FAILED",
		400,
	],
	["two operations and no name", ask("query A { me { id } } query B { me { id } }"), "GRAPHQL_VALIDATION_FAILED", 400],
	[
		"a name that no operation has",
		ask("query A { me { id } }", { operationName: "C" }),
		"GRAPHQL_VALIDATION_FAILED",
		400,
	],
	[
		"a subscription over HTTP",
		ask(`subscription { orderStatus(orderId: "${PRODUCT}") { id } }`),
		"BAD_USER_INPUT",
		400,
	],
	[
		"a simple request, which needs no preflight",
		{ method: "POST", headers: { "content-type": "text/plain" }, body: '{"query":"{ me { id } }"}' },
		"BAD_USER_INPUT",
		400,
	],
	[
		"a form",
		{ method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, body: "query={me{id}}" },
		"BAD_USER_INPUT",
		400,
	],
	[
		"a persisted query",
		ask(undefined, { extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } }),
		"BAD_USER_INPUT",
		200,
	],
	["more than a body may have", ask(`{ me { id } } #${"x".repeat(2_000_000)}`), "QUERY_TOO_COMPLEX", 413],
	["an id that is no UUID", ask('{ product(id: "7") { id } }'), "BAD_USER_INPUT", 200],
	["a page of nothing", ask("{ products(take: 0) { totalItems } }"), "BAD_USER_INPUT", 200],
	["a page before the first", ask("{ products(skip: -1) { totalItems } }"), "BAD_USER_INPUT", 200],
	["a page far behind the last", ask("{ products(skip: 10001) { totalItems } }"), "BAD_USER_INPUT", 200],
];

/** What would tell an attacker about the inside. */
const INSIDE =
	/node_modules|\.ts:|\.js:\d|at \w+ \(|SequelizeD|pg_|catalog\.|users\.\w+_|select .* from|ECONN|fastest-validator/i;

describe.each(["test", "production"])("bad GraphQL, with NODE_ENV=%s", (environment) => {
	let shop: Shop;

	beforeAll(async () => {
		const secret = { JWT_SECRET: "c2l4dHktdHdvIGlzIG5vdCB0aGUgYW5zd2VyIHRvIGl0IGFsbA", BCRYPT_COST: "10" };
		shop = await openShop({
			events: "postgres",
			settings: environment === "production" ? { NODE_ENV: "production", ...secret } : {},
		});
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const send = (request: RawRequest, path = "/graphql"): Promise<RawAnswer> =>
		rawRequest(shop.node().url!, path, request);

	test.each(BAD)("%s is refused by its name and tells nothing", async (_what, request, code, status) => {
		const answer = await send(request);

		expect({ code: answer.errors[0]?.extensions.code, status: answer.status }).toEqual({ code, status });
		if (code === "BAD_USER_INPUT") expect(answer.errors[0]?.extensions["fields"]).toBeInstanceOf(Array);
		expect(answer.text).not.toMatch(INSIDE);
		expect(answer.text).not.toContain("stacktrace");
	});

	test("a mutation by GET is refused with the method that it takes", async () => {
		const query = encodeURIComponent('mutation { logoutUser(refreshToken: "x") }');
		const headers = { "apollo-require-preflight": "1" };

		const answer = await send({ headers }, `/graphql?query=${query}`);

		expect(answer).toMatchObject({ status: 405, headers: { allow: "POST" } });
		expect(answer.errors[0]!.extensions.code).toBe("BAD_USER_INPUT");
	});

	test("a query by GET without a preflight header is refused, with one it is answered", async () => {
		const path = `/graphql?query=${encodeURIComponent("{ me { id } }")}`;

		expect((await send({}, path)).errors[0]!.extensions.code).toBe("BAD_USER_INPUT");
		expect((await send({ headers: { "apollo-require-preflight": "1" } }, path)).data).toEqual({ me: null });
	});

	test.each(["PUT", "DELETE", "PATCH"])("%s is refused with the methods that are known", async (method) => {
		const answer = await send({ ...ask("{ me { id } }"), method });

		expect(answer.status).toBe(405);
		expect(answer.headers.allow).toBe("GET, POST");
	});

	test("suggestions and introspection are for development alone", async () => {
		const misspelt = await send(ask("{ me { emial } }"));
		const schema = await send(ask("{ __schema { types { name } } }"));

		expect(misspelt.errors[0]!.message).toBe('Cannot query field "emial" on type "User".');
		if (environment === "production") expect(schema.errors[0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
		else expect(schema.errors).toEqual([]);
	});

	test("every answer tells browsers what they may do with it, and in production to come by HTTPS alone", async () => {
		for (const answer of [await send(ask("{ me { id } }")), await send(ask("")), await send({}, "/api/products")]) {
			expect(answer.headers).toMatchObject({
				"x-content-type-options": "nosniff",
				"referrer-policy": "same-origin",
				"content-security-policy": expect.stringContaining("frame-ancestors 'none'"),
			});
			const transport = answer.headers["strict-transport-security"];
			if (environment === "production") expect(transport).toBe("max-age=31536000; includeSubDomains");
			else expect(transport).toBeUndefined();
			expect(answer.headers["x-powered-by"]).toBeUndefined();
		}
	});

	test("a page larger than the largest is capped, whatever its size", async () => {
		for (const take of [101, 5_000, 2 ** 31 - 1]) {
			expect((await send(ask(`{ products(take: ${take}) { totalItems } }`))).errors).toEqual([]);
			expect((await send({}, `/api/products?take=${take}`)).status).toBe(200);
		}
	});

	test("what is asked again and again is refused for the same reasons", async () => {
		const query = "query ($id: ID!, $take: Int) { product(id: $id) { id } products(take: $take) { totalItems } }";
		const variables = { id: PRODUCT, take: 5 };
		const missing = { errors: [{ path: ["product"], extensions: { code: "NOT_FOUND" } }], status: 200 };

		for (let time = 0; time < 5; time++) expect(await send(ask(query, { variables }))).toMatchObject(missing);
		const noId = await send(ask(query, { variables: { take: 5 } }));
		const noInt = await send(ask(query, { variables: { ...variables, take: 2 ** 31 } }));
		const badToken = await send({ ...ask(query, { variables }), headers: { ...JSON_TYPE, authorization: "Bearer x" } });

		expect(noId).toMatchObject({
			status: 400,
			errors: [{ extensions: { code: "BAD_USER_INPUT", fields: [{ field: "id" }] } }],
		});
		expect(noInt).toMatchObject({
			status: 400,
			errors: [{ extensions: { code: "BAD_USER_INPUT", fields: [{ field: "take" }] } }],
		});
		expect(badToken).toMatchObject({ status: 401, errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
	});
});
