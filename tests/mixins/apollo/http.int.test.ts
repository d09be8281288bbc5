import { request } from "node:http";
import { gzipSync } from "node:zlib";
import { Errors } from "moleculer";
import { openCluster, type Cluster, type Gateway } from "./cluster";
import { library } from "./library";

let cluster: Cluster;
let gateway: Gateway;

beforeAll(async () => {
	cluster = openCluster();
	const { authors, books } = library();
	await cluster.node("n1", authors, books);
	gateway = await cluster.gateway({
		limits: { depth: 5, aliases: 5, directives: 5, tokens: 300, characters: 3_000, cost: 500 },
		async authenticate(ctx, authorization, { ip }) {
			if (authorization === "Bearer bad") throw new Errors.MoleculerClientError("Who?", 401, "UNAUTHENTICATED");
			if (authorization === "Bearer late") throw new Errors.ServiceNotFoundError({ action: "users.verify" });
			return { name: authorization && `${authorization.slice(7)} from ${ip}, ${ctx.requestID ? "traced" : "lost"}` };
		},
	});
	await gateway.untilServed("{ authors { id } }");
});

afterAll(() => cluster[Symbol.asyncDispose]());

const get = (search: Record<string, string>, headers: Record<string, string> = {}) =>
	fetch(`${gateway.url}?${new URLSearchParams(search).toString()}`, { headers });

describe("who is asking", () => {
	test("what authenticate returns is the meta of every call", async () => {
		const answer = await gateway.query("{ whoami }", {}, { authorization: "Bearer Ada" });

		expect(answer.data).toEqual({ whoami: "Ada from 127.0.0.1, traced" });
	});

	test("nobody may ask as well", async () => {
		expect((await gateway.query("{ whoami }")).data).toEqual({ whoami: null });
	});

	test("a bad token is answered with the status of its error", async () => {
		const answer = await gateway.query("{ whoami }", {}, { authorization: "Bearer bad" });

		expect(answer.status).toBe(401);
		expect(answer.errors).toEqual([{ message: "Who?", extensions: { code: "UNAUTHENTICATED" } }]);
	});

	test("a token that nobody can check right now is answered with 503 and when to come back", async () => {
		const answer = await gateway.query("{ whoami }", {}, { authorization: "Bearer late" });

		expect(answer.status).toBe(503);
		expect(answer.headers.get("retry-after")).toMatch(/^[12]$/);
		expect(answer.errors![0]!.extensions.code).toBe("UNAVAILABLE");
	});

	test("a service's response headers go with the answer", async () => {
		const answer = await gateway.query("mutation { bake }");

		expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
		expect(answer.headers.get("cache-control")).toBe("no-store");
	});
});

describe("methods", () => {
	test("a query may be sent by GET, with a header that a foreign page can't send", async () => {
		const answer = await get({ query: "{ whoami }" }, { "apollo-require-preflight": "1" });

		expect(await answer.json()).toEqual({ data: { whoami: null } });
	});

	test("without that header it is refused", async () => {
		const answer = await get({ query: "{ whoami }" });

		expect(answer.status).toBe(400);
		expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
	});

	test("a mutation by GET is refused", async () => {
		const answer = await get({ query: "mutation { bake }" }, { "apollo-require-preflight": "1" });

		expect(answer.status).toBe(405);
		expect(answer.headers.get("allow")).toBe("POST");
		expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: "BAD_USER_INPUT" } }] });
	});

	test.each(["PUT", "DELETE", "PATCH"])("%s is answered with 405 and what is allowed", async (method) => {
		const answer = await fetch(gateway.url, { method, headers: { "apollo-require-preflight": "1" } });

		expect(answer.status).toBe(405);
		expect(answer.headers.get("allow")).toBe("GET, POST");
	});
});

describe("bodies", () => {
	test.each([
		["an array of operations", JSON.stringify([{ query: "{ whoami }" }]), 400],
		["an empty array", "[]", 400],
		["no JSON", "{ whoami }", 400],
		["nothing", "", 400],
		["a query that is a number", JSON.stringify({ query: 7 }), 400],
		["no query", JSON.stringify({ variables: {} }), 400],
		["variables that are an array", JSON.stringify({ query: "{ whoami }", variables: [] }), 400],
		["a primitive", "7", 400],
		[
			"a persisted query's hash",
			JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: "x" } } }),
			200,
		],
	])("%s is refused", async (_what, body, status) => {
		const answer = await gateway.post(body);

		expect(answer.status).toBe(status);
		expect(answer.errors![0]!.extensions).toEqual({ code: "BAD_USER_INPUT", fields: [] });
		expect(answer.data).toBeUndefined();
	});

	test.each(["gzip", "br", "deflate"])(
		"what is no %s, though it says so, is refused and is no error of ours",
		async (encoding) => {
			const answer = await gateway.post("zzz", { "content-encoding": encoding });

			expect(answer.status).toBe(400);
			expect(answer.errors![0]!.extensions).toEqual({ code: "BAD_USER_INPUT", fields: [] });
			expect(gateway.logged).toEqual([]);
		},
	);

	test("half of a compressed body is refused", async () => {
		const whole = gzipSync(JSON.stringify({ query: "{ whoami }" }));
		const headers = { "content-type": "application/json", "content-encoding": "gzip" };
		const send = (body: Buffer<ArrayBuffer>) => fetch(gateway.url, { method: "POST", headers, body });

		expect((await send(Buffer.from(whole))).status).toBe(200);
		expect((await send(Buffer.from(whole.subarray(0, -10)))).status).toBe(400);
		expect(gateway.logged).toEqual([]);
	});

	test("what is no UTF-8 is refused, in a body and in an address", async () => {
		const body = Buffer.from('{"query":"{ whoami }","operationName":"\xff"}', "latin1");
		const headers = { "content-type": "application/json", "apollo-require-preflight": "1" };

		const inBody = await fetch(gateway.url, { method: "POST", headers, body });
		const inAddress = await fetch(`${gateway.url}?query={whoami}&variables=%ff`, { headers });

		expect(await inBody.json()).toMatchObject({
			errors: [{ message: "The body must be UTF-8", extensions: { code: "BAD_USER_INPUT", fields: [] } }],
		});
		expect(await inAddress.json()).toMatchObject({
			errors: [{ extensions: { code: "BAD_USER_INPUT", fields: [{ field: "variables" }] } }],
		});
		expect([inBody.status, inAddress.status]).toEqual([400, 400]);
	});

	test("a form, which any page could send, is refused", async () => {
		const body = new URLSearchParams({ query: "mutation { bake }" });
		const answer = await fetch(gateway.url, { method: "POST", body });

		expect(answer.status).toBe(400);
	});

	test("more than 100 kB are refused with 413", async () => {
		const answer = await gateway.post({ query: "{ whoami }", variables: { x: "x".repeat(100_000) } });

		expect(answer.status).toBe(413);
		expect(answer.errors![0]!.extensions.code).toBe("QUERY_TOO_COMPLEX");
	});

	test("deep nesting in variables does no harm", async () => {
		const deep = `${"[".repeat(10_000)}${"]".repeat(10_000)}`;
		const answer = await gateway.post(
			`{"query":"query ($id: ID!) { book(id: $id) { id } }","variables":{"id":${deep}}}`,
		);

		expect(answer.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
	});

	test("an infinite number is refused", async () => {
		const answer = await gateway.post('{"query":"query ($n: Int) { books(take: $n) { id } }","variables":{"n":1e999}}');

		expect(answer.status).toBe(400);
		expect(answer.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
	});
});

describe("limits", () => {
	const circle = "fragment F on Author { books { author { ...F } } }";
	const bomb = Array.from(
		{ length: 12 },
		(_, i) => `fragment F${i} on Book { ...F${i + 1} ...F${i + 1} ...F${i + 1} }`,
	);

	test.each([
		["depth", "{ books { author { books { author { books { id } } } } } }"],
		[
			"aliases",
			`{ ${"abcdef"
				.split("")
				.map((alias) => `${alias}: whoami`)
				.join(" ")} }`,
		],
		["directives", `{ ${"whoami @include(if: true) ".repeat(6)} }`],
		["tokens", `{ ${"whoami ".repeat(301)} }`],
		["characters", `{ whoami } #${"x".repeat(3_000)}`],
		["cost of pages", "{ books(take: 100) { id title author { id name } } }"],
		["cost of fragments", `{ books { ...F0 } } ${bomb.join(" ")} fragment F12 on Book { id }`],
	])("too many in %s is QUERY_TOO_COMPLEX", async (_what, query) => {
		const answer = await gateway.query(query);

		expect(answer.status).toBe(400);
		expect(answer.errors).toHaveLength(1);
		expect(answer.errors![0]!.extensions.code).toBe("QUERY_TOO_COMPLEX");
	});

	test("the page size is read from variables too", async () => {
		const query = "query ($take: Int) { books(take: $take) { id title author { id name } } }";

		expect((await gateway.query(query, { take: 100 })).errors?.[0]?.extensions.code).toBe("QUERY_TOO_COMPLEX");
		expect((await gateway.query(query, { take: 10 })).errors).toBeUndefined();
	});

	test.each([
		['{"take":100}', "QUERY_TOO_COMPLEX"],
		['{"take":10}', undefined],
		["{take", "BAD_USER_INPUT"],
	])("and from those in an address: %s", async (variables, code) => {
		const query = "query ($take: Int) { books(take: $take) { id title author { id name } } }";
		const address = `${gateway.url}?${new URLSearchParams({ query, variables }).toString()}`;

		const answer = await fetch(address, { headers: { "apollo-require-preflight": "yes" } });

		const { errors } = (await answer.json()) as { errors?: { extensions: { code: string } }[] };
		expect(errors?.[0]?.extensions.code).toBe(code);
	});

	test("fragments that go in a circle are refused", async () => {
		const answer = await gateway.query(`{ authors { ...F } } ${circle}`);

		expect(answer.errors![0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
	});

	test("introspection is off", async () => {
		const schema = await gateway.query("{ __schema { types { name } } }");
		const type = await gateway.query('{ __type(name: "Book") { name } }');
		const typename = await gateway.query("{ __typename }");

		expect(schema.errors![0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
		expect(type.errors![0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
		expect(typename.data).toEqual({ __typename: "Query" });
	});
});

describe("in a browser", () => {
	test("there is no landing page in production", async () => {
		const answer = await fetch(gateway.url, { headers: { accept: "text/html" } });

		expect(answer.status).toBe(400);
		expect(answer.headers.get("content-type")).toContain("json");
	});

	test("development has a page without scripts, and introspection", async () => {
		const own = await cluster.gateway({ development: true });
		await own.untilServed("{ authors { id } }");

		const page = await fetch(own.url, { headers: { accept: "text/html" } });
		const schema = await own.query("{ __schema { queryType { name } } }");

		const html = await page.text();
		expect(page.headers.get("content-type")).toContain("text/html");
		expect(html).toContain("graphql-transport-ws");
		expect(html).not.toMatch(/<script|<link|https:|style=/);
		expect(schema.data).toEqual({ __schema: { queryType: { name: "Query" } } });
	});
});

test("a subscription over HTTP is told where to go", async () => {
	const own = await cluster.gateway({ baseSchema: "type Query { a: Int } type Subscription { news: String }" });

	const answer = await own.query("subscription { news }");

	expect(answer.status).toBe(400);
	expect(answer.errors![0]).toMatchObject({
		message: expect.stringContaining("WebSocket"),
		extensions: { code: "BAD_USER_INPUT" },
	});
});

test("a client that hangs up does no harm", async () => {
	const hungUp = new Promise((resolve) => {
		const sent = request(gateway.url, { method: "POST", headers: { "content-type": "application/json" } });
		sent.on("error", resolve);
		sent.write('{"query":"{ who');
		sent.on("socket", (socket) => socket.on("connect", () => sent.destroy()));
		sent.on("close", resolve);
	});
	await hungUp;

	expect((await gateway.query("{ whoami }")).errors).toBeUndefined();
});
