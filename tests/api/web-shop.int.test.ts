import { createHash, randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { openShop, type Shop } from "../support/shop";
import { rawRequest, type RawAnswer } from "./raw-request";

describe("the web shop's files", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
	});
	afterAll(async () => {
		await shop[Symbol.asyncDispose]();
	});

	const get = (at: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
		rawRequest(shop.node().url!, at, { headers });
	const policyOf = ({ headers }: RawAnswer): string => String(headers["content-security-policy"]);

	test("a page that only the shop's own router knows is the shop, also where it says that nothing is there", async () => {
		const lamp = await shop.given.product();
		const found = await get("/?q=lamp", { accept: "text/html" });

		for (const [at, status] of [
			[`/products/${lamp.id}`, 200],
			[`/products/${lamp.id.toUpperCase()}/a-brass-lamp`, 200],
			["/orders?page=2", 200],
			["/admin/products/7", 200],
			["/products/7", 404],
			[`/products/${randomUUID()}`, 404],
			["/?category=nowhere", 404],
			["/?search=a?b&category=nowhere", 404],
			["/account/orders?page=2", 404],
			["/no/such/page", 404],
		] as const) {
			const page = await get(at, {
				accept: "text/html,application/xhtml+xml",
				"if-none-match": String(found.headers.etag),
			});
			const isSame = status === 200;
			expect([at, page.status, page.text]).toEqual([at, isSame ? 304 : 404, isSame ? "" : found.text]);
			expect(page.headers["cache-control"]).toBe("no-cache");
		}
	});

	test("a product that is withdrawn is no page to anybody else, and a category that is made is one at once", async () => {
		const lamp = await shop.given.product();
		const slug = `shelf-${randomUUID()}`;
		const statusOf = async (at: string) => (await get(at, { accept: "text/html" })).status;
		expect(await statusOf(`/?category=${slug}`)).toBe(404);

		await shop.when.updatesProduct(lamp, { active: false });
		await shop.door.graphql(
			"mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id } }",
			{ input: { name: "A shelf", slug } },
			await shop.given.admin(),
		);

		await shop.eventually(() => statusOf(`/products/${lamp.id}`), 404);
		expect(await statusOf(`/?category=${slug}&stock=1`)).toBe(200);
	});

	test.each([{ accept: "text/html" }, { accept: "*/*" }, {}])("the front door is the shop to %j", async (headers) => {
		const page = await get("/", headers as Record<string, string>);

		expect(page).toMatchObject({ status: 200, headers: { "content-type": "text/html; charset=utf-8" } });
	});

	test.each([
		["a file that is not there", "/assets/gone.js", "text/html"],
		["what was not asked for as a page", "/products/7", "application/json"],
		["an unknown path of REST", "/api/nothing", "text/html"],
		["an internal action", "/api/~node/list", "text/html"],
		["another internal action", "/$node.list", "*/*"],
		["a way out of the folder", "/../package.json", "text/plain"],
		["a hidden way out of the folder", "/%2e%2e/package.json", "text/plain"],
		["what operators measure", "/metrics", "*/*"],
		["two slashes", "//", "*/*"],
		["a file below nothing", "/%00.js", "text/html"],
	])("%s is 404", async (_what, at, accept) => {
		const answer = await get(at, { accept });

		expect(answer).toMatchObject({ status: 404, error: { code: "NOT_FOUND" } });
	});

	test("what has a hash in its name is kept for a year, a picture for an hour, a page is asked for again", async () => {
		const page = await get("/", { accept: "text/html" });
		const [script] = /\/assets\/[^"]+\.js/.exec(page.text)!;

		expect((await get(script)).headers["cache-control"]).toBe("public, max-age=31536000, immutable");
		expect((await get("/favicon.svg")).headers["cache-control"]).toBe("public, max-age=3600");
		expect(page.headers["cache-control"]).toBe("no-cache");
	});

	test("browsers and crawlers find what they ask for unasked", async () => {
		const icon = await get("/favicon.ico");
		const robots = await get("/robots.txt");

		expect(icon).toMatchObject({ status: 200, headers: { "content-type": "image/x-icon" } });
		expect(robots).toMatchObject({ status: 200, headers: { "content-type": "text/plain; charset=utf-8" } });
		expect(robots.text).toMatch(/^Disallow: \/profile$/m);
		expect(robots.text).not.toMatch(/^Disallow: \/(products|graphql)?$/m);
	});

	test("a picture is named as an administrator writes it, and what can't be seen is refused with the reason", async () => {
		const as = await shop.given.admin();
		const { sku, name, id } = await shop.given.product();
		const change = async (imageUrl: string) => {
			const { status, body } = await shop.door.rest("PATCH", `/products/${id}`, { as, body: { imageUrl } });
			return status === 200 ? body["imageUrl"] : body["error"];
		};
		const create = "mutation ($input: CreateProductInput!) { createProduct(input: $input) { imageUrl } }";
		const input = { sku: `${sku}-2`, name, price: 100, imageUrl: "https://cdn.example/Blå vase.png?v=1" };

		expect(await change("/pictures/blå vase.png?v=1")).toBe("/pictures/bl%C3%A5%20vase.png?v=1");
		expect(await change("/favicon%2Esvg")).toBe("/favicon%2Esvg");
		expect((await get("/favicon%2Esvg")).headers["content-type"]).toBe("image/svg+xml");
		expect(await shop.door.graphql(create, { input }, as)).toEqual({
			imageUrl: "https://cdn.example/Bl%C3%A5%20vase.png?v=1",
		});
		for (const refused of [
			"http://cdn.example/a.png",
			"data:image/png;base64,AAAA",
			"https://ada:pw@cdn.example/a.png",
		]) {
			expect(await change(refused)).toMatchObject({
				code: "BAD_USER_INPUT",
				fields: [{ field: "imageUrl", message: expect.stringMatching(/https|password/) }],
			});
		}
		expect(await change("/pictures/mug.svg")).toBe("/pictures/mug.svg");
	});

	test("every answer has a policy that runs nothing inline and nothing from elsewhere", async () => {
		for (const at of ["/no/such/page", "/favicon.svg", "/api/products", "/no.js", "/health/live"]) {
			const answer = await get(at, { host: "shop.example:8443" });
			const policy = policyOf(answer);
			expect(policy).toContain("script-src 'self';");
			expect(policy).toContain("style-src 'self';");
			expect(policy).toContain("img-src 'self' https:;");
			expect(policy).toContain("connect-src 'self' ws://shop.example:8443 wss://shop.example:8443;");
			expect(policy).toContain("frame-ancestors 'none'");
			expect(policy).not.toContain("unsafe");
			expect(answer.headers["x-content-type-options"]).toBe("nosniff");
			expect(answer.headers["referrer-policy"]).toBe("same-origin");
			expect(answer.headers["strict-transport-security"]).toBeUndefined();
		}
	});

	test("a page's own styles are let through by their hash, and no others", async () => {
		for (const at of ["/", "/cart"]) {
			const page = await get(at, { accept: "text/html" });
			const styles = [...page.text.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style]) => style!);
			const hashes = styles.map((style) => `'sha256-${createHash("sha256").update(style).digest("base64")}'`);

			expect(styles.length).toBeGreaterThan(0);
			expect(policyOf(page)).toContain(`style-src 'self' ${hashes.join(" ")};`);
		}
	});

	test("a host that is none does not get into the policy", async () => {
		const answer = await get("/", { host: "x; script-src *" });

		expect(policyOf(answer)).toContain("connect-src 'self' ;");
		expect(policyOf(answer)).not.toContain("*");
	});

	test("in development GraphQL has an explorer, from this machine's files alone", async () => {
		const landing = await get("/graphql", { accept: "text/html" });
		const page = await get("/graphql/explorer/", { accept: "text/html" });

		expect(landing.text).toContain('content="0; url=/graphql/explorer/"');
		expect(page.status).toBe(200);
		expect(page.text).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
		const files = [...page.text.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, file]) => file!);
		expect(files.length).toBeGreaterThan(5);
		for (const file of files) expect(await get(`/graphql/explorer/${file}`)).toMatchObject({ status: 200 });
		expect((await get("/graphql/explorer/../../package.json")).status).toBe(404);
	});

	test("a connection is kept for longer than the usual balancers keep theirs, and used once more at the end", async () => {
		const agent = new Agent({ keepAlive: true });
		const ask = () => rawRequest(shop.node().url!, "/health/ready", { agent });
		const first = await Promise.all([ask(), ask(), ask()]);

		const drained = shop.node().drain();
		const last = await Promise.all([ask(), ask(), ask()]);
		// Whoever looks whether it is ready opens a connection for it.
		const later = await ask();
		await drained;

		for (const { headers } of first) expect(headers["keep-alive"]).toBe("timeout=75");
		for (const answer of [...last, later]) {
			expect(answer).toMatchObject({ status: 503, headers: { connection: "close" } });
			expect(JSON.parse(answer.text)).toMatchObject({ status: "not ready", missing: ["stop"] });
		}
		await expect(ask()).rejects.toThrow("ECONNREFUSED");
	});
});
