import { describeInChromium } from "../support/servers";
import { ADMIN } from "../support/shop-given";
import { holdsUpPayments, openBrowserStage, type BrowserStage } from "./browser-stage";
import { holdsUp, losesFirst } from "./held-up";
import { addsToCart, button, fillsAddress, heading, link, signsIn } from "./shopping";

describeInChromium("an answer that comes late", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	test("about what a customer put into the cart is nothing to the guest who is here by then", async () => {
		const [lamp, account] = await Promise.all([stage.shop.given.product(), stage.shop.given.customer()]);
		await using ada = await stage.shopper();
		await signsIn(ada.page, account);
		const other = await ada.tab();
		const late = await holdsUp(other, "mutation AddToCart");

		await other.goto(`/products/${lamp.id}`);
		await button(other, "Add to the cart").click();
		await late.answered;
		await ada.page.goto("/profile");
		await button(ada.page, "Sign out").first().click();
		await link(other, "Sign in").waitFor();
		await late.release();
		await button(other, "Added to the cart").waitFor();

		expect(await link(other, "Cart, 0 pieces").count()).toBe(1);
		expect(await other.evaluate<string | null>("localStorage.getItem('molecart.guest-cart')")).toBeNull();
		expect(ada.complaints).toEqual([]);
	});

	test("about the departments leaves the list alone that was asked for since", async () => {
		const lamp = await stage.shop.given.product({ name: "A late lamp" });
		await using guest = await stage.shopper();
		const { page } = guest;
		const late = await holdsUp(page, "query Categories");

		await page.goto("/?category=nowhere");
		await late.answered;
		await link(page, "Molecart").click();
		await link(page, lamp.name).waitFor();
		await late.release();
		await page
			.getByRole("navigation", { name: "Departments" })
			.locator(".ghost")
			.first()
			.waitFor({ state: "detached" });

		expect(await link(page, lamp.name).count()).toBe(1);
		expect(guest.complaints).toEqual([]);
	});

	test("to an address that was saved closes no other that is being written", async () => {
		const account = await stage.shop.given.customer();
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, account);
		await page.goto("/profile");
		for (const city of ["London", "Ockham"]) {
			await button(page, "Add an address").click();
			await fillsAddress(page);
			await page.getByLabel("City").fill(city);
			await button(page, "Save the address").click();
			await page.locator("address", { hasText: city }).waitFor();
		}
		const late = await holdsUp(page, "query Addresses");

		await button(page, /^Edit/).first().click();
		await button(page, "Save the address").click();
		await late.answered;
		await button(page, /^Edit/).click();
		await page.getByLabel("City").fill("Marylebone");
		await late.release();
		await button(page, /^Edit/).waitFor();

		expect(await page.getByLabel("City").inputValue()).toBe("Marylebone");
		expect(ada.complaints).toEqual([]);
	});

	test("to a product that was saved leaves what is typed since, and so does its withdrawal", async () => {
		const lamp = await stage.shop.given.product();
		await using admin = await stage.shopper();
		const { page } = admin;
		await signsIn(page, ADMIN);
		await page.goto(`/admin/products/${lamp.id}`);
		const late = await holdsUp(page, "mutation UpdateProduct");

		await page.getByLabel("Name").fill("A better lamp ");
		await button(page, "Save").click();
		await late.answered;
		await page.getByLabel("Description").fill("It is better.");
		await late.release();
		await heading(page, "A better lamp").waitFor();
		await button(page, "Withdraw").click();
		await button(page, "Put on sale").waitFor();

		expect(await page.getByLabel("Name").inputValue()).toBe("A better lamp");
		expect(await page.getByLabel("Description").inputValue()).toBe("It is better.");
		expect(admin.complaints).toEqual([]);
	});

	test("to an order is asked for again, though another order's page is opened before", async () => {
		const { given, until, when } = stage.shop;
		const [lamp, account] = await Promise.all([given.product({ stock: 5 }), given.customer({ name: "Ada" })]);
		const before = await when.checksOut(account, [{ product: lamp, quantity: 1 }]);
		await until(before).is("CONFIRMED");
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, account);
		await addsToCart(page, lamp);
		await page.goto("/checkout");
		await fillsAddress(page);
		const lost = await holdsUp(page, "mutation Checkout");

		await button(page, /^Pay/).click();
		await lost.answered;
		await page.goto(`/checkout/${before.id}`);
		await heading(page, "Thank you, Ada").waitFor();
		await lost.release();
		await page.goto("/checkout");
		await heading(page, "Thank you, Ada").waitFor();

		expect(page.url()).not.toContain(before.id);
		expect(ada.complaints).toEqual([]);
	});

	test("to an order is not asked for by whoever is here by then: the attempt is kept for who made it", async () => {
		const { given } = stage.shop;
		const [lamp, ada, bob] = await Promise.all([
			given.product({ stock: 5 }),
			given.customer({ name: "Ada" }),
			given.customer({ name: "Bob" }),
		]);
		await using shopper = await stage.shopper();
		const { page } = shopper;
		await signsIn(page, ada);
		const other = await shopper.tab();
		await addsToCart(other, lamp);
		await other.goto("/checkout");
		await fillsAddress(other);
		const attempt = await losesFirst(other, "mutation Checkout");

		await button(other, /^Pay/).click();
		await attempt.asked;
		await signsIn(page, bob);
		await link(other, "Bob").waitFor();
		await attempt.lose();
		await signsIn(page, ada);

		await heading(other, "Thank you, Ada").waitFor();
		expect(shopper.complaints).toEqual([]);
	});

	test("about what is being ordered is not shown to who comes next", async () => {
		const { given } = stage.shop;
		const [lamp, account] = await Promise.all([given.product({ stock: 5 }), given.customer({ name: "Ada" })]);
		await using ada = await stage.shopper();
		await signsIn(ada.page, account);
		await addsToCart(ada.page, lamp);
		await using payments = await holdsUpPayments(stage);
		await ada.page.goto("/checkout");
		await fillsAddress(ada.page);
		await button(ada.page, /^Pay/).click();
		await ada.page.locator("[data-status=CART_VALIDATED][data-state=done]").waitFor();
		const other = await ada.tab();
		await other.goto("/cart");
		await heading(other, "This cart is being ordered").waitFor();

		await ada.page.goto("/profile");
		await button(ada.page, "Sign out").first().click();

		await heading(other, "Nothing in it yet").waitFor();
		await payments.release();
		expect(ada.complaints).toEqual([]);
	});

	test("is not awaited for an order that there is not", async () => {
		const account = await stage.shop.given.customer();
		await using ada = await stage.shopper();
		await signsIn(ada.page, account);

		await ada.page.goto("/orders/0190aaaa-0000-7000-8000-000000000000");

		await heading(ada.page, "Nothing stands here").waitFor();
		expect(ada.complaints).toEqual([]);
	});
});
