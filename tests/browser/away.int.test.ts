import { randomUUID } from "node:crypto";
import type { Page, Route } from "playwright-core";
import { describeInChromium } from "../support/servers";
import { openBrowserStage, type BrowserStage } from "./browser-stage";
import { longAway } from "./long-away";
import { heading, link, signsIn } from "./shopping";

const abort = (route: Route): Promise<void> => route.abort();
const isGone = (route: Route): Promise<void> => route.fulfill({ status: 404, body: "" });

describeInChromium("a shop that is away", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	const aCategory = async (name: string): Promise<{ id: string; name: string }> => {
		const input = { name, slug: `c-${randomUUID()}` };
		const create = "mutation ($input: CreateCategoryInput!) { createCategory(input: $input) { id name } }";
		return stage.shop.door.graphql(create, { input }, await stage.shop.given.admin());
	};
	const notice = (page: Page) => page.locator("[data-notice]");

	test("leaves no figure of the list before above its error, says whose fault it is, and is noticed when it is back", async () => {
		const [lamps, bells] = [await aCategory("Lamps"), await aCategory("Bells")];
		const { given } = stage.shop;
		await Promise.all([
			given.product({ name: "A brass lamp", categoryId: lamps.id }),
			given.product({ name: "A glass lamp", categoryId: lamps.id }),
			given.product({ name: "A brass bell", categoryId: bells.id }),
		]);
		await using guest = await stage.shopper();
		const { context, page } = guest;
		await page.goto("/");
		await link(page, /^Lamps/).click();
		await page.getByText("2 products", { exact: true }).waitFor();

		await page.route("**/graphql", abort);
		await link(page, /^Bells/).click();
		await notice(page).getByText("The shop does not answer just now.").waitFor();
		expect(await page.getByText(/\d products?$/).count()).toBe(0);
		expect(await link(page, /lamp/).count()).toBe(0);
		await page.unroute("**/graphql");
		await link(page, "A brass bell").waitFor();

		await context.setOffline(true);
		await link(page, /^Everything/).click();
		await notice(page).getByText("You are offline.").waitFor();
		await context.setOffline(false);
		await link(page, "A glass lamp").waitFor();
		expect(await notice(page).count()).toBe(0);
		expect(guest.complaints).toEqual([]);
	});

	test("is waited for by every page that reads something: it says so, shows nothing old, and goes on by itself", async () => {
		const { given, until, when } = stage.shop;
		const [lamp, ada] = await Promise.all([given.product(), given.customer()]);
		const order = await when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await until(order).is("CONFIRMED");
		await given.cart(ada, { product: lamp, quantity: 1 });
		await using shopper = await stage.shopper();
		const { page } = shopper;
		await signsIn(page, ada);

		for (const [address, sign] of [
			[`/products/${lamp.id}`, lamp.name],
			["/cart", "Your cart"],
			["/checkout", "Where to"],
			["/orders", "Your orders"],
			["/profile", "Addresses"],
		] as const) {
			let isAway = true;
			const isReading = (route: Route): boolean =>
				(route.request().postDataJSON() as { query: string }).query.startsWith("query");
			await page.route("**/graphql", (route) => (isAway && isReading(route) ? route.abort() : route.fallback()));
			await page.goto(address);
			await notice(page).first().getByText("The shop does not answer just now.").waitFor();
			expect(await page.locator("main").textContent()).not.toContain("$19.99");
			isAway = false;
			await notice(page).first().waitFor({ state: "detached" });
			await heading(page, sign).first().waitFor();
			await page.unroute("**/graphql");
		}
		await link(page, "Cart, 1 piece").waitFor();
		expect(shopper.complaints).toEqual([]);
	});

	test("keeps nobody at a dead link: a page that was never loaded says why, and opens as soon as it can", async () => {
		await using guest = await stage.shopper();
		const { context, page } = guest;
		await page.goto("/");
		await heading(page, "Good things, kept well.").waitFor();

		await context.setOffline(true);
		await link(page, /^Cart/).click();
		await notice(page).getByText("The page could not be opened").waitFor();
		await notice(page).getByText("You are offline.").waitFor();
		expect(await page.evaluate("document.activeElement.matches('[data-notice]')")).toBe(true);
		await context.setOffline(false);
		await heading(page, "Nothing in it yet").waitFor();

		await page.route(/\/assets\/|favicon/, abort);
		await link(page, "Sign in").click();
		await notice(page).getByText("The shop does not answer just now.").waitFor();
		await page.unroute(/\/assets\/|favicon/);
		await page.getByLabel("Password").waitFor();
		expect(await notice(page).count()).toBe(0);
	});

	test("and comes back newly built has other files: the page is opened anew, once, and else says what is missing", async () => {
		await using guest = await stage.shopper();
		const { page } = guest;
		let opened = 0;
		page.on("request", (request) => void (request.isNavigationRequest() && opened++));
		await page.goto("/");
		await heading(page, "Good things, kept well.").waitFor();

		await page.route("**/assets/LoginPage*", (route) => (opened === 1 ? isGone(route) : route.fallback()));
		await link(page, "Sign in").click();
		await page.getByLabel("Password").waitFor();
		expect(opened).toBe(2);

		await page.route("**/assets/RegisterPage*", isGone);
		await link(page, "Make an account").click();
		await notice(page).getByText("A part of the shop is missing.").waitFor();
		expect(opened).toBe(3);
		expect(new URL(page.url()).pathname).toBe("/register");
		await page.unroute("**/assets/RegisterPage*");
		await page.getByRole("button", { name: "Try again" }).click();
		await heading(page, "Make an account").waitFor();
	});

	test("opens a link from a mail anew as well, by itself and when it is asked for, though a secret follows its #", async () => {
		await using guest = await stage.shopper();
		const { page } = guest;
		let opened = 0;
		page.on("request", (request) => void (request.isNavigationRequest() && opened++));

		await page.route("**/assets/VerifyEmailPage*", (route) => (opened === 1 ? isGone(route) : route.fallback()));
		await page.goto("/verify-email#token=old");
		await heading(page, "This link does not work any more").waitFor();
		expect(opened).toBe(2);

		await page.route("**/assets/ResetPasswordPage*", isGone);
		await page.goto("/reset-password#token=old");
		await notice(page).getByText("A part of the shop is missing.").waitFor();
		expect(opened).toBe(4);
		await page.unroute("**/assets/ResetPasswordPage*");
		await page.getByRole("button", { name: "Try again" }).click();
		await page.getByLabel("New password").waitFor();
		expect(opened).toBe(5);
	});

	test("takes nobody from where they have gone since, and is not asked for ever where nothing can be remembered", async () => {
		await using guest = await stage.shopper();
		const { page } = guest;
		let opened = 0;
		page.on("request", (request) => void (request.isNavigationRequest() && opened++));
		await page.goto("/login");
		await link(page, "Make an account").click();
		await heading(page, "Make an account").waitFor();
		await page.route("**/assets/CartPage*", isGone);
		const asked = new Promise<Route>((resolve) => void page.route("**/favicon.svg", resolve));

		await link(page, /^Cart/).click();
		const question = await asked;
		await link(page, "Sign in").first().click();
		await page.getByLabel("E-mail").fill("ada@shop.test");
		const answered = page.waitForResponse("**/favicon.svg");
		await question.fulfill({ status: 200 });
		await answered;
		await page.evaluate("new Promise((resolve) => setTimeout(resolve))");
		expect(new URL(page.url()).pathname).toBe("/login");
		expect(await page.getByLabel("E-mail").inputValue()).toBe("ada@shop.test");
		expect(opened).toBe(1);
		await page.unroute("**/favicon.svg");

		await page.addInitScript("Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('off'); } })");
		await page.goto("/");
		await link(page, /^Cart/).click();
		await notice(page).getByText("A part of the shop is missing.").waitFor();
		expect(opened).toBe(2);
	});

	test("that never answers is as good as one that is away", async () => {
		await using guest = await stage.shopper();
		const { page } = guest;
		await page.goto("/");
		await page.route("**/assets/CartPage*", isGone);
		await page.route("**/favicon.svg", () => undefined);

		await link(page, /^Cart/).click();

		await notice(page).getByText("The shop does not answer just now.").waitFor();
		expect(guest.complaints).toEqual([]);
	});

	test("is asked less and less often, not at all by a page that nobody sees, and by all of it when it is back", async () => {
		await using guest = await stage.shopper();
		const { page } = guest;
		const { asked, isAway, isSeen, passes } = await longAway(page);
		const places = page.getByRole("navigation", { name: "Departments" }).locator(".ghost");
		await page.addInitScript("window.isAway = true");
		await page.goto("/");
		await notice(page).waitFor();
		await page.clock.pauseAt(Date.now() + 60_000);

		await passes(10);
		// The list and the departments, each every half a minute.
		expect(await asked()).toBeLessThan(90);

		await isSeen(false);
		const before = await asked();
		await passes(10);
		expect(await asked()).toBe(before);
		await isSeen(true);
		await passes(0);
		expect(await asked()).toBe(before + 2);

		await isAway(false);
		await page.getByRole("button", { name: "Try again" }).click();
		await places.first().waitFor({ state: "detached" });
		expect(await notice(page).count()).toBe(0);
		expect(guest.complaints).toEqual([]);
	});

	test("is asked less and less often for an order as well, also where no socket gets through", async () => {
		const { given, until, when } = stage.shop;
		const [lamp, account] = await Promise.all([given.product(), given.customer()]);
		const order = await when.checksOut(account, [{ product: lamp, quantity: 1 }]);
		await until(order).is("CONFIRMED");
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, account);
		const { asked, isAway, passes } = await longAway(page);
		await page.routeWebSocket("**/graphql", (socket) => socket.close());
		await page.goto(`/orders/${order.id}`);
		await page.locator("[data-connection=polling]").waitFor();

		await isAway(true);
		await passes(10);

		expect(await asked()).toBeLessThan(90);
		expect(ada.complaints).toEqual([]);
	});
});
