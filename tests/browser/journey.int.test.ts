import { randomUUID } from "node:crypto";
import { button, fillsAddress, heading, isConfirmed, link, paysWith, registers } from "./shopping";
import { describeInChromium } from "../support/servers";
import { holdsUpPayments, openBrowserStage, type BrowserStage } from "./browser-stage";

describeInChromium("a guest in the web shop", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	const aCategory = async (name: string): Promise<{ id: string; slug: string }> =>
		stage.shop.door.graphql(
			"mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id slug } }",
			{ input: { name, slug: `c-${randomUUID()}` } },
			await stage.shop.given.admin(),
		);

	test("fills a cart, registers, keeps it, pays, watches the order, finds it again and cancels it", async () => {
		const { shop } = stage;
		const lamp = await shop.given.product({ name: "A brass lamp", stock: 5 });
		await using ada = await stage.shopper();
		const { page } = ada;

		await page.goto("/");
		await link(page, "A brass lamp").click();
		await button(page, /^One more/).click();
		await button(page, "Add to the cart").click();
		await link(page, /^Cart/).click();
		await link(page, "Cart, 2 pieces").waitFor();
		await button(page, /^One more/).click();
		await page.locator("aside").getByText("$59.97").waitFor();
		await link(page, "To checkout").click();
		await link(page, "Make an account").click();
		await registers(page, "Ada Lovelace");
		await heading(page, "Where to").waitFor();
		await page.getByText("3 × A brass lamp").waitFor();
		await fillsAddress(page);
		await using payments = await holdsUpPayments(stage);
		await paysWith(page, "A slow bank");

		await page.locator("[data-status=CART_VALIDATED][data-state=done]").waitFor();
		await page.locator("[data-connection=live]").waitFor();
		await payments.release();
		await isConfirmed(page);
		expect(await page.locator("[data-state=done]").count()).toBe(4);
		expect(await shop.stockOf(lamp)).toMatchObject({ available: 2 });

		await link(page, "Orders").click();
		await link(page, /^M-/).click();
		await page.getByText("Paid.").waitFor();
		await button(page, "Cancel the order").click();
		await button(page, "Yes, cancel it").click();
		await page.locator("[data-status=CANCELLED]").waitFor();
		await page.getByText("The money has gone back to you.").waitFor();
		await page.getByText("It was yours until it was cancelled.").waitFor();
		expect(await page.locator("main").textContent()).not.toMatch(/it is yours|payment is taken/i);
		await shop.eventually(() => shop.stockOf(lamp), { onHand: 5, reserved: 0, available: 5 });
		expect(ada.complaints).toEqual([]);
	});

	test("loads no stylesheet twice, and none that came in the page", async () => {
		const bell = await stage.shop.given.product({ name: "A brass bell" });
		await using guest = await stage.shopper();
		const { page } = guest;
		const loaded: string[] = [];
		page.on("request", (request) => void (request.resourceType() === "stylesheet" && loaded.push(request.url())));

		await page.goto("/");
		const carried = await page.evaluate<string>(
			"[...document.querySelectorAll('style')].map((s) => s.textContent).join()",
		);
		await link(page, bell.name).click();
		await button(page, "Add to the cart").click();
		await link(page, "To the cart").click();
		await link(page, "To checkout").click();
		await heading(page, "Sign in").waitFor();

		expect(loaded.length).toBeGreaterThan(0);
		expect(new Set(loaded).size).toBe(loaded.length);
		const styles = await Promise.all(loaded.map(async (address) => (await (await fetch(address)).text()).trim()));
		expect(styles.filter((style) => carried.includes(style))).toEqual([]);
	});

	test("is told what there is not: an empty shelf, a page past the end, a category or product that was never there", async () => {
		const shelf = await aCategory("An empty shelf");
		const lamp = await stage.shop.given.product({ name: "A lonely lamp" });
		await using guest = await stage.shopper();
		const { page } = guest;
		const words = () => page.locator("main").textContent();

		await page.goto(`/?category=${shelf.slug}`);
		await heading(page, "This shelf is empty").waitFor();
		expect(await words()).not.toContain("filters");
		await page.goto(`/?category=${shelf.slug}&max=5`);
		await heading(page, "Nothing fits all of your filters").waitFor();
		await page.goto("/?q=lonely&page=4");
		await heading(page, "The list ends before this page").waitFor();
		await button(page, "To the last page").click();
		await link(page, lamp.name).waitFor();

		for (const address of ["/?category=nowhere", `/products/${randomUUID()}`, "/products/7", "/nowhere"]) {
			const answer = await page.goto(address);
			await heading(page, "Nothing stands here").waitFor();
			expect([address, answer?.status(), await page.title()]).toEqual([address, 404, "Nothing here · Molecart"]);
		}
		expect(guest.complaints).toEqual([]);
	});

	test("a search, a filter, a sort order and a page live in the address, and survive a reload", async () => {
		await stage.shop.given.product({ name: "A teapot", price: 4_000 });
		await stage.shop.given.product({ name: "A large teapot", price: 9_000 });
		await using guest = await stage.shopper({ width: 360 });
		const { page } = guest;

		await page.goto("/");
		await page.getByRole("searchbox", { name: "Search the products" }).fill("teapot");
		await page.keyboard.press("Enter");
		await page.getByText("2 products", { exact: true }).waitFor();
		await page.getByLabel("Sort by").selectOption("PRICE_DESC");
		await page.getByLabel("To", { exact: true }).fill("50");
		await page.keyboard.press("Enter");
		await page.getByText("1 product", { exact: true }).waitFor();
		await page.reload();
		await page.getByText("1 product", { exact: true }).waitFor();

		expect(new URL(page.url()).search).toBe("?q=teapot&max=50&sort=PRICE_DESC");
		expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);

		await page.getByRole("searchbox", { name: "Search the products" }).fill("zeppelin");
		await page.keyboard.press("Enter");
		await heading(page, /Nothing here is called “zeppelin”/).waitFor();
	});
});
