import type { Page } from "playwright-core";
import { describeInChromium } from "../support/servers";
import { openBrowserStage, type BrowserStage } from "./browser-stage";
import { holdsUp, isAway } from "./held-up";
import { addsToCart, button, fillsAddress, heading, link, paysWith, signsIn } from "./shopping";

const REFRESH = "mutation RefreshSession";

describeInChromium("a session", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	const pathOf = (page: Page): string => new URL(page.url()).pathname;

	test("is waited for where the shop can't say whose it is: nobody has to sign in again", async () => {
		const [lamp, account] = await Promise.all([stage.shop.given.product(), stage.shop.given.customer()]);
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, account);
		await addsToCart(page, lamp);
		const users = await isAway(page, REFRESH);

		await page.goto("/checkout");
		await heading(page, "The shop does not answer just now").waitFor();
		await link(page, "Profile").waitFor();
		expect(pathOf(page)).toBe("/checkout");
		expect(await link(page, "Sign in").count()).toBe(0);
		users.isBack();

		await heading(page, "Where to").waitFor();
		await link(page, "Cart, 1 piece").waitFor();
		expect(pathOf(page)).toBe("/checkout");
		expect(ada.complaints).toEqual([]);
	});

	test("is asked for at once by whoever does not want to wait, and the page begins where they are", async () => {
		const account = await stage.shop.given.customer();
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, account);
		const users = await isAway(page, REFRESH);

		await page.goto("/orders");
		await heading(page, "The shop does not answer just now").waitFor();
		await button(page, "Try again").click();
		await page.getByText("The shop still does not answer").waitFor();
		users.isBack();

		await heading(page, "None yet").waitFor();
		expect(await page.evaluate<string>("document.activeElement.id")).toBe("main");
		expect(ada.complaints).toEqual([]);
	});

	test("that is over, as the shop says when it answers again, leads to signing in and back", async () => {
		const account = await stage.shop.given.customer();
		await using ada = await stage.shopper();
		const { context, page } = ada;
		await signsIn(page, account);
		const users = await isAway(page, REFRESH);

		await page.goto("/orders?page=1");
		await heading(page, "The shop does not answer just now").waitFor();
		await context.clearCookies();
		users.isBack();
		await heading(page, "Sign in").waitFor();
		await page.getByLabel("E-mail").fill(account.email);
		await page.getByLabel("Password").fill(account.password);
		await button(page, "Sign in").click();

		await heading(page, "None yet").waitFor();
		expect(page.url()).toMatch(/\/orders\?page=1$/);
		expect(ada.complaints).toEqual([]);
	});

	test("that nobody knows yet has a cart that nobody knows yet, and what is added goes into no other", async () => {
		const [lamp, account] = await Promise.all([stage.shop.given.product(), stage.shop.given.customer()]);
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, account);
		await addsToCart(page, lamp);
		const users = await isAway(page, REFRESH);

		await page.goto(`/products/${lamp.id}`);
		await button(page, "Add to the cart").click();
		await page.locator("main").getByText("The shop is busy or restarting").waitFor();
		await page.goto("/cart");
		await page.locator("main").getByText("The shop is busy or restarting").waitFor();
		expect(await heading(page, "Nothing in it yet").count()).toBe(0);
		users.isBack();

		await link(page, "Cart, 1 piece").waitFor();
		expect(ada.complaints).toEqual([]);
	});

	test("that begins while no cart can be read or joined leaves the guest's cart where it is", async () => {
		const [lamp, account] = await Promise.all([stage.shop.given.product(), stage.shop.given.customer()]);
		await using ada = await stage.shopper();
		const { page } = ada;
		await addsToCart(page, lamp);
		const carts = await isAway(page, "query ReadOwnCart");
		await page.route("**/graphql", (route) => {
			const body = route.request().postDataJSON() as { query: string; variables: { input: { cartId?: string } } };
			if (!body.query.startsWith("mutation Login")) return route.fallback();
			delete body.variables.input.cartId;
			return route.continue({ postData: body });
		});

		await signsIn(page, account);
		carts.isBack();
		await page.goto("/profile");
		await button(page, "Sign out").first().click();

		await link(page, "Sign in").waitFor();
		await link(page, "Cart, 1 piece").waitFor();
		expect(ada.complaints).toEqual([]);
	});

	test("that ends in one tab ends in the others: what was its owner's is shown no longer", async () => {
		const account = await stage.shop.given.customer();
		await using ada = await stage.shopper();
		await signsIn(ada.page, account);
		const other = await ada.tab();
		await other.goto("/orders");
		await heading(other, "None yet").waitFor();

		await ada.page.goto("/profile");
		await button(ada.page, "Sign out").first().click();

		await heading(other, "Sign in").waitFor();
		await link(ada.page, "Sign in").waitFor();
		expect(pathOf(ada.page)).toBe("/");
		expect(ada.complaints).toEqual([]);
	});

	test("of somebody else takes the place of the one before, and their orders that of the other's", async () => {
		const { given, until, when } = stage.shop;
		const [lamp, ada, bob] = await Promise.all([given.product(), given.customer(), given.customer()]);
		const order = await when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await until(order).is("CONFIRMED");
		await using shopper = await stage.shopper();
		await signsIn(shopper.page, ada);
		const other = await shopper.tab();
		await other.goto("/orders");
		await link(other, order.number).waitFor();

		await signsIn(shopper.page, bob);

		await heading(other, "None yet").waitFor();
		expect(shopper.complaints).toEqual([]);
	});

	test("leaves nothing of its checkout to the next one in the same tab", async () => {
		const { given } = stage.shop;
		const [lamp, ada, bob] = await Promise.all([given.product({ stock: 5 }), given.customer(), given.customer()]);
		await using shopper = await stage.shopper();
		const { page } = shopper;
		await signsIn(page, ada);
		await addsToCart(page, lamp);
		await page.goto("/checkout");
		await fillsAddress(page);
		await paysWith(page, "A declined card");
		await link(page, "Try again").click();
		await page.getByLabel("City").waitFor();
		expect(await page.getByLabel("City").inputValue()).toBe("London");

		await signsIn(page, bob);
		await addsToCart(page, lamp);
		await page.goto("/checkout");
		await page.getByLabel("City").waitFor();

		expect(await page.getByLabel("City").inputValue()).toBe("");
		expect(shopper.complaints).toEqual([]);
	});

	test("that has begun is not undone by a late answer about the one before", async () => {
		const { given } = stage.shop;
		const [ada, bob] = await Promise.all([given.customer({ name: "Ada" }), given.customer({ name: "Bob" })]);
		await using shopper = await stage.shopper();
		const { page } = shopper;
		await signsIn(page, ada);
		const late = await holdsUp(page, REFRESH);

		await page.goto("/login");
		await late.answered;
		await page.getByLabel("E-mail").fill(bob.email);
		await page.getByLabel("Password").fill(bob.password);
		await button(page, "Sign in").click();
		await button(page, "Signing in …").waitFor();
		await late.release();

		await heading(page, "Good things, kept well.").waitFor();
		await link(page, "Bob").waitFor();
		await page.reload();
		await link(page, "Bob").waitFor();
		expect(shopper.complaints).toEqual([]);
	});
});
