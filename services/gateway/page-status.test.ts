import { pageStatus, patternOf, type Shelves } from "./page-status";

const LAMP = "0190aaaa-0000-7000-8000-000000000000";
const OTHER = "0190bbbb-0000-7000-8000-000000000000";

const shelves = (asked: string[] = []): Shelves => ({
	hasProduct: async (id) => asked.push(id) > 0 && id.toLowerCase() === LAMP,
	hasCategory: async (slug) => asked.push(slug) > 0 && slug === "lamps",
});
const isPage = (pathname: string) =>
	["/", "/cart", "/products/:id/:slug?"].some((route) => patternOf(route).test(pathname));

describe("a page's status", () => {
	test.each([
		["/", "", 200],
		["/", "q=lamp&page=2", 200],
		["/", "category=lamps&stock=1", 200],
		["/", "category=zeppelins", 404],
		["/", "category=%E0%A4%A", 404],
		["/", "category=", 200],
		["/", "category=lamps&category=zeppelins", 200],
		["/cart", "category=zeppelins", 200],
		["/cart/", "", 200],
		["/Cart", "", 200],
		["/cart/more", "", 404],
		["/no/such/page", "", 404],
		[`/products/${LAMP}`, "", 200],
		[`/products/${LAMP.toUpperCase()}/a-lamp`, "", 200],
		[`/products/${OTHER}/a-lamp`, "", 404],
		["/products/7", "", 404],
		["/products", "", 404],
	])("%s?%s is %d", async (pathname, search, status) => {
		expect(await pageStatus(isPage, shelves())(pathname, search)).toBe(status);
	});

	test("is 200 where nobody can say what there is", async () => {
		const away = async (): Promise<boolean> => {
			throw new Error("products is away");
		};
		const status = pageStatus(isPage, { hasProduct: away, hasCategory: away });

		expect(await status(`/products/${LAMP}`, "")).toBe(200);
		expect(await status("/", "category=lamps")).toBe(200);
	});

	test("needs nobody where the address alone says it", async () => {
		const asked: string[] = [];
		const status = pageStatus(isPage, shelves(asked));

		await Promise.all([status("/products/7", ""), status("/no/such/page", "category=lamps"), status("/", "q=lamps")]);

		expect(asked).toEqual([]);
	});
});
