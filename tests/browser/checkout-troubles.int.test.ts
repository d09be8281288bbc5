import type { Page } from "playwright-core";
import { describeInChromium } from "../support/servers";
import { holdsUpPayments, openBrowserStage, type BrowserStage } from "./browser-stage";
import { isAway } from "./held-up";
import {
	addsToCart,
	button,
	comesToCheckout,
	fillsAddress,
	heading,
	isConfirmed,
	link,
	paysWith,
	signsIn,
} from "./shopping";

describeInChromium("a checkout that meets trouble", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	const ordersOf = async (product: { id: string }): Promise<string[]> => {
		const { rows } = await stage.shop.database.query<{ status: string }>(
			"SELECT status FROM orders.orders WHERE items @> $1 ORDER BY created_at",
			[JSON.stringify([{ productId: product.id }])],
		);
		return rows.map(({ status }) => status);
	};

	test("a declined payment says why and what was undone, and one click tries again", async () => {
		const lamp = await stage.shop.given.product({ stock: 1 });
		await using ada = await stage.shopper();
		await comesToCheckout(ada.page, lamp);

		await paysWith(ada.page, "A declined card");
		await ada.page.getByText("Your bank declined the payment.").waitFor();
		await ada.page.getByText("The reserved pieces are back on the shelf.").waitFor();
		await link(ada.page, "Try again").click();
		await paysWith(ada.page, "A card that works");

		await isConfirmed(ada.page);
		expect(await ordersOf(lamp)).toEqual(["COMPENSATED", "CONFIRMED"]);
		expect(ada.complaints).toEqual([]);
	});

	test("a failed order offers to try again only while its cart is as it was", async () => {
		const lamp = await stage.shop.given.product({ stock: 9 });
		await using ada = await stage.shopper();
		const { page } = ada;
		await comesToCheckout(page, lamp);
		const toTry = link(page, "Try again");
		const toCart = page.locator("main").getByRole("link", { name: "To the cart" });

		await paysWith(page, "A declined card");
		await toTry.waitFor();
		const failed = `/orders/${page.url().split("/").at(-1)}`;
		await addsToCart(page, lamp);
		await page.goto(failed);
		await toCart.waitFor();
		expect(await toTry.count()).toBe(0);

		await page.goto("/checkout");
		await paysWith(page, "A card that works");
		await isConfirmed(page);
		await page.goto(failed);
		await link(page, "On with shopping").waitFor();
		expect(await toTry.count()).toBe(0);
		await addsToCart(page, lamp);
		await page.goto(failed);
		await toCart.waitFor();
		expect(await toTry.count()).toBe(0);
		expect(ada.complaints).toEqual([]);
	});

	test("an address that could not be kept is no harm to its order, and is kept with one click later", async () => {
		const lamp = await stage.shop.given.product({ stock: 1 });
		await using ada = await stage.shopper();
		const { page } = ada;
		await comesToCheckout(page, lamp);
		const book = await isAway(page, "mutation SaveAddress");

		await page.getByLabel("Keep it in my address book").check();
		await paysWith(page, "A card that works");
		await isConfirmed(page);
		await page.getByText("The address is not in your address book.").waitFor();
		await button(page, "Keep it now").click();
		await button(page, "Keep it now").waitFor();
		book.isBack();
		await button(page, "Keep it now").click();
		await button(page, "Keep it now").waitFor({ state: "detached" });

		await page.goto("/profile");
		await page.locator("address").getByText("12 St James's Square").waitFor();
		expect(await ordersOf(lamp)).toEqual(["CONFIRMED"]);
		expect(ada.complaints).toEqual([]);
	});

	test("what another shopper buys away meanwhile is explained, and the cart fixes itself with one click", async () => {
		const { shop } = stage;
		const last = await shop.given.product({ name: "The last one", stock: 1 });
		await using ada = await stage.shopper();
		await comesToCheckout(ada.page, last);
		const bob = await shop.given.customer({ name: "Bob" });
		await shop.until(await shop.when.checksOut(bob, [{ product: last, quantity: 1 }])).is("CONFIRMED");

		await paysWith(ada.page, "A card that works");
		await ada.page.getByText("Somebody else was faster").waitFor();
		await link(ada.page, "See the cart and try again").click();
		await ada.page.getByText("Sold out meanwhile").waitFor();
		await button(ada.page, "Fix all").click();

		await heading(ada.page, "Nothing in it yet").waitFor();
		expect(await ordersOf(last)).toEqual(["CONFIRMED", "COMPENSATED"]);
	});

	test("a double click, a lost answer and a reload make one order", async () => {
		const lamp = await stage.shop.given.product({ stock: 5 });
		await using ada = await stage.shopper();
		await comesToCheckout(ada.page, lamp);
		const { keys, isBack } = await losesAnswers(ada.page);

		await button(ada.page, /^Pay/).dblclick();
		await heading(ada.page, "The shop does not answer just now").waitFor();
		await ada.page.reload();
		isBack();

		await isConfirmed(ada.page);
		expect(keys.length).toBeGreaterThan(1);
		expect(new Set(keys).size).toBe(1);
		expect(await ordersOf(lamp)).toEqual(["CONFIRMED"]);
	});

	test("a server that restarts while the order is under way is waited for", async () => {
		const lamp = await stage.shop.given.product({ stock: 1 });
		await using ada = await stage.shopper();
		await comesToCheckout(ada.page, lamp);

		await paysWith(ada.page, "A slow bank");
		await ada.page.locator("[data-status=CART_VALIDATED][data-state=done]").waitFor();
		await Promise.all([stage.shop.restart(), ada.page.locator("[data-connection=polling]").waitFor()]);

		await isConfirmed(ada.page);
		await ada.page.locator("[data-connection=live]").waitFor();
		expect(await ordersOf(lamp)).toEqual(["CONFIRMED"]);
	});

	test("an access token that the shop takes no longer is replaced, and the shopper notices nothing", async () => {
		const lamp = await stage.shop.given.product({ stock: 1 });
		await using ada = await stage.shopper();
		await comesToCheckout(ada.page, lamp);
		const refused = await spoilsNextToken(ada.page);

		await paysWith(ada.page, "A card that works");

		await isConfirmed(ada.page);
		expect(refused()).toBe(true);
		expect(await ordersOf(lamp)).toEqual(["CONFIRMED"]);
	});

	test("a cart that is being ordered leads to its order, in every tab and on another device, and begins anew", async () => {
		const lamp = await stage.shop.given.product({ stock: 5 });
		const account = await stage.shop.given.customer({ name: "Ada" });
		await using desk = await stage.shopper();
		await using phone = await stage.shopper({ width: 360 });
		for (const { page } of [desk, phone]) await signsIn(page, account);
		await addsToCart(desk.page, lamp);
		const other = await desk.tab();
		await other.goto("/cart");
		await link(other, "To checkout").waitFor();
		await using payments = await holdsUpPayments(stage);

		await desk.page.goto("/checkout");
		await fillsAddress(desk.page);
		await paysWith(desk.page, "A card that works");
		await desk.page.locator("[data-status=CART_VALIDATED][data-state=done]").waitFor();
		await heading(other, "This cart is being ordered").waitFor();
		await phone.page.goto("/checkout");
		await heading(phone.page, "This cart is being ordered").waitFor();
		await addsToCart(phone.page, lamp);
		await link(phone.page, "To the cart").click();
		await heading(phone.page, "This cart is being ordered").waitFor();
		await link(phone.page, "To checkout").waitFor();
		await payments.release();

		await heading(other, "That cart is ordered").waitFor();
		await heading(phone.page, "That cart is ordered").waitFor();
		await link(other, "See the order").click();
		await heading(other, /^Order M-/).waitFor();
		expect(other.url().split("/").at(-1)).toBe(desk.page.url().split("/").at(-1));
		expect([...desk.complaints, ...phone.complaints]).toEqual([]);
	});

	test("a session outlives a reload, and two tabs share it and the cart", async () => {
		const lamp = await stage.shop.given.product({ stock: 5 });
		await using ada = await stage.shopper();
		await comesToCheckout(ada.page, lamp);
		const other = await ada.tab();
		await other.goto("/checkout");
		await fillsAddress(other);

		await addsToCart(other, lamp);
		await link(ada.page, "Cart, 2 pieces").waitFor();
		await other.goto("/checkout");
		await other.getByText("2 × ").waitFor();
		await fillsAddress(other);
		// One of them may have no button any more when the other was first, and says why.
		const pays = (page: Page) =>
			button(page, /^Pay/)
				.or(heading(page, /cart is|nothing to order/))
				.first()
				.click();
		await Promise.all([pays(ada.page), pays(other)]);

		await stage.shop.eventually(() => ordersOf(lamp), ["CONFIRMED"], 30_000);
		await link(other, "Ada").click();
		await button(other, "Sign out").click();
		await link(ada.page, "Sign in").waitFor();
		expect(ada.complaints).toEqual([]);
	});
});

/** Each checkout reaches the shop, but its answer never the page until `isBack` is called. `keys`: those that were sent. */
async function losesAnswers(page: Page): Promise<{ keys: string[]; isBack(): void }> {
	const keys: string[] = [];
	let isLost = true;
	await page.route("**/graphql", async (route) => {
		const body = route.request().postDataJSON() as { query: string; variables: { input: { idempotencyKey: string } } };
		if (!body.query.startsWith("mutation Checkout")) return route.continue();
		keys.push(body.variables.input.idempotencyKey);
		if (!isLost) return route.continue();
		await route.fetch();
		return route.abort();
	});
	return { keys, isBack: () => void (isLost = false) };
}

/** The next request goes out with a token that is none. */
async function spoilsNextToken(page: Page): Promise<() => boolean> {
	let done = false;
	await page.route("**/graphql", (route) => {
		const headers = route.request().headers();
		if (done || headers["authorization"] === undefined) return route.continue();
		done = true;
		return route.continue({ headers: { ...headers, authorization: "Bearer spoilt" } });
	});
	return () => done;
}
