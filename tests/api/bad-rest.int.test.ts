import { randomUUID } from "node:crypto";
import { REST_ROUTES } from "../../services/gateway/rest";
import { openShop, type Shop } from "../support/shop";
import type { Account, Product } from "../support/shop-types";
import { rawRequest, type RawAnswer, type RawRequest } from "./raw-request";

const json = (body: string): RawRequest => ({ method: "POST", headers: { "content-type": "application/json" }, body });
const register = (more: string): RawRequest =>
	json(`{ "email": "${randomUUID()}@shop.test", "password": "correct horse battery", "name": "Eve"${more} }`);
const NOBODY = "00000000-0000-4000-8000-000000000000";

/** What is sent where, and how it is answered. */
const BAD: [what: string, path: string, request: RawRequest, status: number, code: string][] = [
	["what is no JSON", "/login", json("{not json"), 400, "BAD_USER_INPUT"],
	["a list for a body", "/login", json("[]"), 400, "BAD_USER_INPUT"],
	["a number for a body", "/login", json("7"), 400, "BAD_USER_INPUT"],
	["nothing for a body", "/login", json(""), 400, "BAD_USER_INPUT"],
	["2 MB of JSON", "/login", json(JSON.stringify({ email: "x".repeat(2_000_000) })), 413, "BAD_USER_INPUT"],
	[
		"10,000 levels of JSON",
		"/login",
		json(`{"email":${"[".repeat(10_000)}${"]".repeat(10_000)}}`),
		400,
		"BAD_USER_INPUT",
	],
	["a __proto__", "/register", register(', "__proto__": { "role": "ADMIN" }'), 400, "BAD_USER_INPUT"],
	[
		"a constructor",
		"/register",
		register(', "constructor": { "prototype": { "role": "ADMIN" } }'),
		400,
		"BAD_USER_INPUT",
	],
	["a role", "/register", register(', "role": "ADMIN"'), 400, "BAD_USER_INPUT"],
	["a price", "/cart/items", json(`{ "productId": "${NOBODY}", "quantity": 1, "price": 1 }`), 400, "BAD_USER_INPUT"],
	[
		"a NUL in a text",
		"/register",
		json(String.raw`{"email":"nul@shop.test","password":"correct horse battery","name":"a\u0000b"}`),
		400,
		"BAD_USER_INPUT",
	],
	[
		"half a letter in a text",
		"/register",
		json(String.raw`{"email":"half@shop.test","password":"correct horse battery","name":"a\ud83d"}`),
		400,
		"BAD_USER_INPUT",
	],
	[
		"a body that is not compressed as it says",
		"/login",
		{ ...json("zzz"), headers: { "content-type": "application/json", "content-encoding": "gzip" } },
		400,
		"BAD_USER_INPUT",
	],
	[
		"a name that is no UTF-8",
		"/register",
		{
			...json(""),
			body: Buffer.from('{"email":"no@shop.test","password":"correct horse battery","name":"A\xffB"}', "latin1"),
		},
		400,
		"BAD_USER_INPUT",
	],
	["a search that is no UTF-8", "/products?search=%ff", {}, 400, "BAD_USER_INPUT"],
	["OPTIONS that are no preflight", "/products", { method: "OPTIONS" }, 405, "BAD_USER_INPUT"],
	["OPTIONS of the document", "/openapi.json", { method: "OPTIONS" }, 405, "BAD_USER_INPUT"],
	["OPTIONS of the events' document", "/asyncapi.json", { method: "OPTIONS" }, 405, "BAD_USER_INPUT"],
	["a NUL in a search", "/products?search=a%00b", {}, 400, "BAD_USER_INPUT"],
	["an id that is none", "/products/7", {}, 400, "BAD_USER_INPUT"],
	["an id with a NUL", "/products/%00", {}, 400, "BAD_USER_INPUT"],
	["an id that is no UTF-8", "/products/%ff%fe", {}, 400, "BAD_USER_INPUT"],
	["half an escape", "/products/%zz", {}, 400, "BAD_USER_INPUT"],
	["a way up", "/products/../../package.json", {}, 404, "NOT_FOUND"],
	["a hidden way up", "/products/..%2f..%2fpackage.json", {}, 400, "BAD_USER_INPUT"],
	["the same parameter twice", "/products?take=1&take=2", {}, 400, "BAD_USER_INPUT"],
	["a list of ids", "/products?categoryId[]=1&categoryId=2", {}, 400, "BAD_USER_INPUT"],
	["an object for a number", "/products?take[a]=1", {}, 400, "BAD_USER_INPUT"],
	["a number that is none", "/products?take=1e999", {}, 400, "BAD_USER_INPUT"],
	["an unknown parameter", "/products?admin=true", {}, 400, "BAD_USER_INPUT"],
	["an unknown thing", `/products/${NOBODY}`, {}, 404, "NOT_FOUND"],
	["an unknown path", "/nothing", {}, 404, "NOT_FOUND"],
	["an internal action", "/~node/list", {}, 404, "NOT_FOUND"],
	["an internal action by its name", "/$node.list", {}, 404, "NOT_FOUND"],
	["an action without a route", "/products/resolve", { method: "POST" }, 405, "BAD_USER_INPUT"],
	["another action without a route", "/users.ensureAdmin", json("{}"), 404, "NOT_FOUND"],
	["a method that is not known here", "/products", { method: "DELETE" }, 405, "BAD_USER_INPUT"],
	[
		"a body that is no JSON by its type",
		"/login",
		{ ...json("a=b"), headers: { "content-type": "text/plain" } },
		400,
		"BAD_USER_INPUT",
	],
	["a bad token", "/products", { headers: { authorization: "Bearer x" } }, 401, "UNAUTHENTICATED"],
	[
		"a login of nobody",
		"/login",
		json('{"email":"nobody@shop.test","password":"not the password"}'),
		401,
		"INVALID_CREDENTIALS",
	],
];

const INSIDE = /node_modules|\.ts:|\.js:\d|at \w+ \(|Sequelize|catalog\.|select .* from|ECONN|fastest-validator/i;

describe("bad REST", () => {
	let shop: Shop;
	let ada: Account;
	let lamp: Product;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
		ada = await shop.given.customer();
		lamp = await shop.given.product();
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const send = (path: string, request: RawRequest): Promise<RawAnswer> =>
		rawRequest(shop.node().url!, `/api${path}`, request);

	test.each(BAD)("%s is refused by its name and tells nothing", async (_what, path, request, status, code) => {
		const answer = await send(path, request);

		expect({ status: answer.status, code: answer.error?.code }).toEqual({ status, code });
		if (code === "BAD_USER_INPUT") expect(answer.error!["fields"]).toBeInstanceOf(Array);
		expect(answer.text).not.toMatch(INSIDE);
	});

	test("a wrong method is told which ones there are", async () => {
		expect((await send("/products", { method: "DELETE" })).headers.allow).toBe("POST, GET, HEAD");
		expect((await send(`/products/${lamp.id}`, { method: "PUT" })).headers.allow).toBe("GET, HEAD, PATCH");
		expect((await send("/products", { method: "OPTIONS" })).headers.allow).toBe("POST, GET, HEAD");
		expect(await send("/login", { method: "HEAD" })).toMatchObject({ status: 405, headers: { allow: "POST" } });
	});

	test("whatever can be read by GET can be asked for by HEAD: the same answer without its body, also where it is a refusal", async () => {
		const read = REST_ROUTES.filter(({ method }) => method === "GET");
		const ids: Record<string, string> = { "/profile/:id": ada.id, "/products/:id": lamp.id };
		const others =
			"/api/products?take=1 /api/products?take=x /api/nothing /api/openapi.json /api/asyncapi.json /api/docs /health/live " +
			"/health/ready / /cart /favicon.ico /favicon.svg /robots.txt /graphql /graphql?query={__typename} /graphql?query={ " +
			"/graphql/explorer/ /nothing.png";
		const paths = [...read.map(({ path }) => `/api${path.replace(":id", ids[path] ?? NOBODY)}`), ...others.split(" ")];

		for (const path of paths) {
			const ask = (method: string, token?: string) => {
				const headers = { accept: "text/html", "apollo-require-preflight": "1" };
				const authorization = token && { authorization: `Bearer ${token}` };
				return rawRequest(shop.node().url!, path, { method, headers: { ...headers, ...authorization } });
			};
			for (const token of [undefined, ada.token, "x"]) {
				const [get, head] = [await ask("GET", token), await ask("HEAD", token)];
				for (const header of ["content-type", "content-length", "cache-control", "etag"]) {
					expect([path, header, head.headers[header]]).toEqual([path, header, get.headers[header]]);
				}
				expect([path, head.status]).toEqual([path, get.status]);
				expect(Number(head.headers["content-length"])).toBeGreaterThan(0);
				expect(head.text).toBe("");
			}
		}
	});

	test.each(["/health/live", "/health/ready", "/", "/favicon.ico", "/robots.txt", "/api/openapi.json", "/api/docs"])(
		"%s can only be read, and says so to whoever wants something else",
		async (path) => {
			for (const method of ["OPTIONS", "POST", "DELETE"]) {
				const answer = await rawRequest(shop.node().url!, path, { method });
				expect(answer).toMatchObject({ status: 405, headers: { allow: "GET, HEAD" }, error: { fields: [] } });
			}
		},
	);

	test("a null takes away what may be missing, and is refused by name where something is needed", async () => {
		const as = await shop.given.admin();
		const body = { description: null, categoryId: null, price: 700 };
		const nameless = { ...body, sku: null, name: null };

		const changed = await shop.door.rest("PATCH", `/products/${lamp.id}`, { as, body });
		const refused = await shop.door.rest("PATCH", `/products/${lamp.id}`, { as, body: nameless });
		const made = await shop.door.rest("POST", "/products", { as, body: { ...nameless, initialStock: 1 } });

		expect(changed).toMatchObject({ status: 200, body: { name: lamp.name, description: "", price: { amount: 700 } } });
		for (const { status, body } of [refused, made]) {
			const fields = (body["error"] as { fields: { field: string }[] }).fields.map(({ field }) => field);
			expect({ status, fields }).toEqual({ status: 400, fields: ["sku", "name"] });
		}
	});

	test("the same registration with the same key answers the same account, another one is refused", async () => {
		const body = { email: `${randomUUID()}@shop.test`, password: "correct horse battery", name: "Ada" };
		const headers = { "idempotency-key": randomUUID() };
		const post = (change: object) => shop.door.rest("POST", "/register", { body: { ...body, ...change }, headers });

		const [first, again, other] = [await post({}), await post({}), await post({ name: "Eve" })];

		expect([first.status, again.status]).toEqual([201, 201]);
		expect((again.body as { user: unknown })["user"]).toEqual((first.body as { user: unknown })["user"]);
		expect(other).toMatchObject({ status: 422, body: { error: { code: "IDEMPOTENCY_KEY_REUSED" } } });
	});

	test("names from right to left and emoji are kept exactly", async () => {
		const name = "שרה‎ 👩🏽‍🚀 Ünïcödé";
		const eve = await shop.given.customer({ name });

		expect((await shop.door.rest("GET", `/profile/${eve.id}`, { as: eve })).body).toMatchObject({ name });
	});

	test("the OpenAPI document and its page are served", async () => {
		const document = JSON.parse((await send("/openapi.json", {})).text) as { openapi: string; paths: object };
		const page = await send("/docs", {});

		expect(document.openapi).toBe("3.1.0");
		expect(Object.keys(document.paths)).toContain("/api/orders/{id}/cancel");
		expect(page.headers["content-type"]).toContain("text/html");
		expect(page.text).toContain("POST /api/orders");
	});

	test("none of it has changed anything", async () => {
		expect(await shop.cartOf(ada)).toBeNull();
		expect(await shop.stockOf(lamp)).toEqual({ onHand: 10, reserved: 0, available: 10 });
		const { rows } = await shop.database.query("SELECT 1 FROM users.users WHERE role = 'ADMIN'");
		expect(rows).toHaveLength(1);
	});
});
