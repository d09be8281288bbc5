import type { Page } from "playwright-core";
import { describeInChromium } from "../support/servers";
import { ADMIN } from "../support/shop-given";
import type { Account, PlacedOrder, Product } from "../support/shop-types";
import { openBrowserStage, type BrowserStage, type Shopper } from "./browser-stage";
import { bringAxe, faultsOf } from "./scan";
import { addsToCart, button, fillsAddress, heading, link, signsIn } from "./shopping";

/** Names that a page has to hold: one without a place to break it, and one that runs the other way. */
const LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";
const RTL = "مصباح نحاسي 🪔!";
/** A price that takes room: 123,456.78. */
const DEAR = 12_345_678;

describeInChromium("axe-core finds nothing, in both themes, on a desk and on a phone", () => {
	let stage: BrowserStage;
	let guest: Page;
	let ada: Page;
	let admin: Page;
	let account: Account;
	let lamp: Product;
	let bell: Product;
	let soap: Product;
	let soldOut: Product;
	let confirmed: PlacedOrder;
	let undone: PlacedOrder;

	beforeAll(async () => {
		stage = await openBrowserStage();
		const { given, when, until } = stage.shop;
		[lamp, bell, soap, soldOut, account] = await Promise.all([
			given.product({ name: LONG, stock: 20, price: DEAR }),
			given.product({ name: "A brass bell", stock: 3 }),
			given.product({ name: `${LONG} ${RTL}` }),
			given.product({ name: RTL, stock: 0, price: DEAR }),
			given.customer({ name: "Ada Lovelace" }),
		]);
		confirmed = await when.checksOut(account, [{ product: lamp, quantity: 1 }]);
		await until(confirmed).is("CONFIRMED");
		undone = await when.checksOut(account, [{ product: soap, quantity: 1 }], { token: "tok_decline" });
		await until(undone).is("COMPENSATED");
		const pageOf = async ({ context, page }: Shopper): Promise<Page> => {
			await bringAxe(context);
			return page;
		};
		guest = await pageOf(await stage.shopper());
		ada = await pageOf(await stage.shopper());
		admin = await pageOf(await stage.shopper());
		await Promise.all([signsIn(ada, account), signsIn(admin, ADMIN)]);
	});
	afterAll(async () => stage[Symbol.asyncDispose]());

	test("the products", async () => {
		await guest.goto("/");
		await link(guest, lamp.name).first().waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await guest.goto("/?q=bell&min=5&stock=1");
		await link(guest, "A brass bell").waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await guest.goto("/?q=zeppelin");
		await heading(guest, /Nothing here is called/).waitFor();
		expect(await faultsOf(guest)).toEqual([]);
	});

	test("a product that can't be added: the reason covers nothing, its price is in one piece, its name in its own direction", async () => {
		const { shop } = stage;
		const [scarce, foreign] = await Promise.all([
			shop.given.product({ name: `Scarce ${LONG}`, stock: 1, price: DEAR }),
			shop.given.product({ name: `Scarce? ${RTL}`.split(" ").toReversed().join(" "), stock: 1, price: DEAR }),
		]);
		await using shopper = await stage.shopper({ width: 360 });
		await bringAxe(shopper.context);
		const page = await shopper.tab();
		const tile = page.getByRole("listitem").filter({ hasText: scarce.name });

		await page.goto("/?q=scarce");
		await button(page, `Add ${scarce.name} to the cart`).click();
		await link(page, "Cart, 1 piece").waitFor();
		await button(page, `Add ${scarce.name} to the cart`).click();
		await tile.locator(".field-error").waitFor();

		expect(await faultsOf(page)).toEqual([]);
		for (const width of [360, 320]) {
			await page.setViewportSize({ width, height: 900 });
			const rows = await rowsOf(page, ".price", "$123,456.78");
			expect([width, rows]).toEqual([width, 1]);
		}
		expect(await directionOf(page, "h2", foreign.name)).toBe("rtl");
		expect(await directionOf(page, "h2", scarce.name)).toBe("ltr");
		await page.getByRole("searchbox").fill(RTL);
		expect(await directionOf(page, "#search", "")).toBe("rtl");
		expect(shopper.complaints).toEqual([]);
	});

	test("a product, and one that is sold out", async () => {
		await guest.goto(`/products/${lamp.id}`);
		await heading(guest, LONG).waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await guest.goto(`/products/${soldOut.id}`);
		await heading(guest, RTL).waitFor();
		expect(await faultsOf(guest)).toEqual([]);
	});

	test("the cart: empty, full, and with what has changed since", async () => {
		await guest.goto("/cart");
		await heading(guest, "Nothing in it yet").waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await addsToCart(guest, lamp);
		await addsToCart(guest, bell);
		await guest.goto("/cart");
		await link(guest, "To checkout").waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await stage.shop.when.updatesProduct(bell, { price: 2_500 });
		await stage.shop.when.adjustsStock(lamp, -19);
		await guest.goto("/cart");
		await guest.getByText("Price changed").waitFor();
		await guest.getByText("Sold out meanwhile").waitFor();
		expect(await faultsOf(guest)).toEqual([]);
	});

	test("signing in and making an account, with every field amiss", async () => {
		await guest.goto("/login");
		await button(guest, "Sign in").click();
		await guest.getByText("Which password?").waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await guest.goto("/register");
		await button(guest, "Make the account").click();
		await guest.getByText("What may we call you?").waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await guest.goto("/forgot-password");
		await button(guest, "Send the link").click();
		await guest.getByText("Which e-mail address?").waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await guest.goto("/reset-password#token=nonsense");
		await button(guest, "Take this one").click();
		await guest.getByText("At least 8 characters").waitFor();
		expect(await faultsOf(guest)).toEqual([]);

		await guest.goto("/verify-email#token=nonsense");
		await heading(guest, "This link does not work any more").waitFor();
		expect(await faultsOf(guest)).toEqual([]);
	});

	test("the checkout, with fields amiss", async () => {
		await ada.goto("/checkout");
		await fillsAddress(ada);
		await ada.getByLabel("City").fill("");
		await button(ada, /^Pay/).click();
		await ada.getByText("Which city?").waitFor();

		expect(await faultsOf(ada)).toEqual([]);
	});

	test("an order as it is placed: confirmed, and undone", async () => {
		await ada.goto(`/checkout/${confirmed.id}`);
		await heading(ada, "Thank you, Ada").waitFor();
		expect(await faultsOf(ada)).toEqual([]);

		await ada.goto(`/checkout/${undone.id}`);
		await heading(ada, "The order was not placed").waitFor();
		expect(await faultsOf(ada)).toEqual([]);
	});

	test("the orders, and one of them while its cancellation is asked for", async () => {
		await ada.goto("/orders");
		await link(ada, confirmed.number).waitFor();
		expect(await faultsOf(ada)).toEqual([]);

		await ada.goto(`/orders/${confirmed.id}`);
		await button(ada, "Cancel the order").click();
		await button(ada, "Yes, cancel it").waitFor();
		expect(await faultsOf(ada)).toEqual([]);
	});

	test("the profile, and its address book while one is written", async () => {
		await ada.goto("/profile");
		await heading(ada, "Ada Lovelace").waitFor();
		await ada.getByText("None yet.").waitFor();
		await button(ada, "Add an address").click();
		await fillsAddress(ada);
		await ada.getByLabel("Name").fill(LONG);
		await button(ada, "Save the address").click();
		await button(ada, "Add an address").click();
		await button(ada, "Save the address").click();
		await ada.getByText("Which city?").waitFor();
		await button(ada, "Change it").click();
		await ada.getByText("Which one is it now?").waitFor();

		expect(await faultsOf(ada)).toEqual([]);
	});

	test("the checkout with an address book", async () => {
		await ada.goto("/checkout");
		await ada.getByRole("radio", { name: "Another address" }).check();
		await ada.getByLabel("Keep it in my address book").waitFor();

		expect(await faultsOf(ada)).toEqual([]);
	});

	test("a page that is not there", async () => {
		await guest.goto("/nowhere");
		await heading(guest, "Nothing stands here").waitFor();

		expect(await faultsOf(guest)).toEqual([]);
	});

	test("a shop that does not answer", async () => {
		await guest.route("**/graphql", (route) => route.abort());
		await guest.goto("/");
		await guest.getByText("The products could not be loaded").waitFor();
		expect(await faultsOf(guest)).toEqual([]);
		await guest.unroute("**/graphql");

		await ada.route("**/graphql", (route) => route.abort());
		await ada.goto("/orders");
		await heading(ada, "The shop does not answer just now").waitFor();
		expect(await faultsOf(ada)).toEqual([]);
		await ada.unroute("**/graphql");
	});

	test("an administrator's view of a customer's order", async () => {
		await admin.goto(`/admin/orders/${undone.id}`);
		await admin.getByText(account.email).waitFor();

		expect(await faultsOf(admin)).toEqual([]);
	});

	test("the administrator's products, one of them, a new one, and the orders", async () => {
		await admin.goto("/admin/products");
		await link(admin, soap.name).waitFor();
		expect(await faultsOf(admin)).toEqual([]);

		await admin.goto(`/admin/products/${lamp.id}`);
		await heading(admin, LONG).waitFor();
		expect(await faultsOf(admin)).toEqual([]);

		await admin.goto(`/admin/products/${lamp.id}/stock`);
		await admin.getByText("No order holds any of it.").waitFor();
		expect(await faultsOf(admin)).toEqual([]);

		await admin.goto("/admin/products/new");
		await button(admin, "Save").click();
		await admin.getByText("What is it called?").waitFor();
		expect(await faultsOf(admin)).toEqual([]);

		await admin.goto("/admin/orders");
		await link(admin, confirmed.number).waitFor();
		expect(await faultsOf(admin)).toEqual([]);
	});
});

/** In how many lines the text stands that is the whole of what is found. */
function rowsOf(page: Page, found: string, text: string): Promise<number> {
	return page.evaluate<number>(`(() => {
		const range = document.createRange();
		range.selectNodeContents(${theOne(found, text)});
		return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
	})()`);
}

function directionOf(page: Page, found: string, text: string): Promise<string> {
	return page.evaluate<string>(`getComputedStyle(${theOne(found, text)}).direction`);
}

const theOne = (found: string, text: string): string =>
	`[...document.querySelectorAll(${JSON.stringify(found)})].find((each) => each.textContent === ${JSON.stringify(text)})`;
