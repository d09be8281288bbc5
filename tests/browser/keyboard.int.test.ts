import type { Page } from "playwright-core";
import { describeInChromium } from "../support/servers";
import { until } from "../support/until";
import { openBrowserStage, type BrowserStage } from "./browser-stage";
import { ADMIN } from "../support/shop-given";
import { addsToCart, heading, isConfirmed, signsIn } from "./shopping";

/** More stops than any page has. */
const STOPS_MIN = 80;
/** What is looked for may come with an answer of the shop, on a busy machine too. */
const PATIENCE_MS = 30_000;

describeInChromium("with the keyboard alone", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	test("a guest finds a product, registers, orders and sees it confirmed", async () => {
		await stage.shop.given.product({ name: "A brass lamp", stock: 5 });
		await using ada = await stage.shopper();
		const { page } = ada;
		const type = async (label: string, text: string): Promise<void> => {
			await tabsTo(page, label);
			await page.keyboard.type(text);
		};

		await page.goto("/");
		await page.getByRole("link", { name: "A brass lamp" }).waitFor();
		await tabsTo(page, "A brass lamp");
		await page.keyboard.press("Enter");
		await heading(page, "A brass lamp").waitFor();
		await tabsTo(page, "Add to the cart");
		await page.keyboard.press("Enter");
		await tabsTo(page, "To the cart");
		await page.keyboard.press("Enter");
		await page.getByRole("link", { name: "To checkout" }).waitFor();
		await tabsTo(page, "To checkout");
		await page.keyboard.press("Enter");
		await heading(page, "Sign in").waitFor();
		await tabsTo(page, "Make an account");
		await page.keyboard.press("Enter");
		await heading(page, "Make an account").waitFor();
		await type("Name", "Ada Lovelace");
		await type("E-mail", "keys@shop.test");
		await type("Password", "correct horse battery");
		await page.keyboard.press("Enter");
		await heading(page, "Where to").waitFor();
		await tabsTo(page, /^Pay \$/);
		await page.keyboard.press("Enter");
		// The first field that is wrong has the focus, and says what is missing.
		await comesTo(page, "Street and number");
		expect((await focused(page)).description).toBe("Which street and number?");
		await page.keyboard.type("12 St James's Square");
		await type("Postal code (optional)", "SW1Y 4JH");
		await type("City", "London");
		await type("Country", "United Kingdom");
		await tabsTo(page, "Keep it in my address book");
		await page.keyboard.press("Space");
		await page.keyboard.press("Tab");
		await page.keyboard.press("ArrowDown");
		expect(await focused(page)).toMatchObject({ name: expect.stringContaining("A slow bank") as string });
		await tabsTo(page, /^Pay \$/);
		await page.keyboard.press("Enter");

		await isConfirmed(page);
	});

	test("the first stop skips to the page, and stops follow the order of reading", async () => {
		await using guest = await stage.shopper();
		const { page } = guest;
		await page.goto("/cart");
		await heading(page, "Nothing in it yet").waitFor();

		const stops: string[] = [];
		for (let stop = 0; stop < 7; stop++) {
			await page.keyboard.press("Tab");
			stops.push((await focused(page)).name);
		}
		expect(stops).toEqual([
			"Skip to the page",
			"Molecart",
			"Search the products",
			"Search",
			"Sign in",
			"Cart, 0 pieces",
			"Look around",
		]);

		await page.reload();
		await heading(page, "Nothing in it yet").waitFor();
		await page.keyboard.press("Tab");
		await page.keyboard.press("Enter");
		await page.keyboard.press("Tab");
		expect((await focused(page)).name).toBe("Look around");
	});

	test("what is wrong with a form gets the focus: the first field, or what is said of the whole", async () => {
		await using guest = await stage.shopper();
		const { page } = guest;
		await page.goto("/login");
		await heading(page, "Sign in").waitFor();

		await tabsTo(page, "E-mail");
		await page.keyboard.type("nobody@shop.test");
		await page.keyboard.press("Enter");
		await comesTo(page, "Password");
		await page.keyboard.type("a wrong battery");
		await page.keyboard.press("Enter");
		await page.getByText("don't belong together").waitFor();

		await expectFocus(() => page.evaluate<string>("document.activeElement.getAttribute('role')"), "alert");
		await page.keyboard.press("Tab");
		expect((await focused(page)).name).toBe("E-mail");
	});

	test("a line that is removed gives the focus to the one that takes its place, the last one to the page", async () => {
		const [lamp, bell, soap] = await Promise.all([
			stage.shop.given.product({ name: "A lamp" }),
			stage.shop.given.product({ name: "A bell" }),
			stage.shop.given.product({ name: "A soap" }),
		]);
		await using guest = await stage.shopper();
		const { page } = guest;
		for (const product of [lamp, bell, soap]) await addsToCart(page, product);

		await page.goto("/cart");
		await page.getByRole("link", { name: "To checkout" }).waitFor();
		await tabsTo(page, "Remove A bell");
		await page.keyboard.press("Enter");
		await comesTo(page, "Remove A soap");
		await page.keyboard.press("Enter");
		await comesTo(page, "Remove A lamp");
		await page.keyboard.press("Enter");
		await heading(page, "Nothing in it yet").waitFor();

		await comesToMain(page);
		expect(guest.complaints).toEqual([]);
	});

	test("a question keeps the focus, Escape is a no, and the answer gives the focus back", async () => {
		const { given, when, until } = stage.shop;
		const [lamp, account] = await Promise.all([given.product(), given.customer()]);
		const order = await when.checksOut(account, [{ product: lamp, quantity: 1 }]);
		await until(order).is("CONFIRMED");
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, account);

		await page.goto(`/orders/${order.id}`);
		await page.getByRole("button", { name: "Cancel the order" }).waitFor();
		await tabsTo(page, "Cancel the order");
		await page.keyboard.press("Enter");
		await comesTo(page, "Keep it");
		await page.keyboard.press("Tab");
		await comesTo(page, "Yes, cancel it");
		await page.keyboard.press("Escape");
		await comesTo(page, "Cancel the order");
		await page.keyboard.press("Enter");
		await tabsTo(page, "Yes, cancel it");
		await page.keyboard.press("Enter");
		await page.locator("[data-status=CANCELLED]").waitFor();

		await comesToMain(page);
		expect(ada.complaints).toEqual([]);
	});

	test("an address is added, edited and removed, and the focus stays with the address book", async () => {
		await using ada = await stage.shopper();
		const { page } = ada;
		await signsIn(page, await stage.shop.given.customer());
		const type = async (label: string, text: string): Promise<void> => {
			await tabsTo(page, label);
			await page.keyboard.type(text);
		};

		await page.goto("/profile");
		await page.getByRole("button", { name: "Add an address" }).waitFor();
		await tabsTo(page, "Add an address");
		await page.keyboard.press("Enter");
		await comesTo(page, "Name");
		await type("Street and number", "12 St James's Square");
		await type("Postal code (optional)", "SW1Y 4JH");
		await type("City", "London");
		await page.keyboard.press("Enter");
		await comesTo(page, "Country");
		await page.keyboard.type("United Kingdom");
		await page.keyboard.press("Enter");
		await comesTo(page, "Addresses");
		await tabsTo(page, "Edit Ada, 12 St James's Square");
		await page.keyboard.press("Enter");
		await comesTo(page, "Name");
		await page.keyboard.press("ControlOrMeta+a");
		await page.keyboard.type("Augusta");
		await page.keyboard.press("Enter");
		await comesTo(page, "Addresses");
		await tabsTo(page, "Remove Augusta, 12 St James's Square");
		await page.keyboard.press("Enter");
		await comesTo(page, "Keep it");
		await page.keyboard.press("Escape");
		await comesTo(page, "Remove Augusta, 12 St James's Square");
		await page.keyboard.press("Enter");
		await tabsTo(page, "Yes, remove it");
		await page.keyboard.press("Enter");
		await page.getByText("None yet.").waitFor();

		await comesTo(page, "Addresses");
		expect(ada.complaints).toEqual([]);
	});

	test("another page, or another page of a list, begins at its beginning", async () => {
		await Promise.all(Array.from({ length: 25 }, () => stage.shop.given.product({ name: "One of many" })));
		await using guest = await stage.shopper();
		const { page } = guest;

		await page.goto("/?q=many");
		await page.getByRole("link", { name: "Next" }).waitFor();
		await tabsTo(page, "Next");
		await page.keyboard.press("Enter");
		await page.waitForURL(/page=2/);
		await comesToMain(page);
		expect(await page.evaluate("scrollY")).toBe(0);

		await tabsTo(page, "Sign in");
		await page.keyboard.press("Enter");
		await page.getByRole("status").getByText("Sign in").waitFor();
		await comesToMain(page);
		expect(await page.title()).toBe("Sign in · Molecart");
	});

	test("an administrator finds a product, counts its stock, and ships an order", async () => {
		const { given, when, until, stockOf } = stage.shop;
		const [drum, account] = await Promise.all([given.product({ name: "A tin drum", stock: 4 }), given.customer()]);
		const order = await when.checksOut(account, [{ product: drum, quantity: 1 }]);
		await until(order).is("CONFIRMED");
		await using admin = await stage.shopper();
		const { page } = admin;
		await signsIn(page, ADMIN);

		await tabsTo(page, "Admin");
		await page.keyboard.press("Enter");
		await heading(page, "Products").waitFor();
		await tabsTo(page, "Find a product");
		await page.keyboard.type("drum");
		await page.keyboard.press("Enter");
		await page.getByRole("link", { name: "A lamp" }).waitFor({ state: "detached" });
		await tabsTo(page, "Add to, or take from, the stock of A tin drum");
		await page.keyboard.type("-9");
		await page.keyboard.press("Enter");
		await page.getByRole("cell").getByRole("alert").waitFor();
		expect((await focused(page)).description).not.toBe("");
		await page.keyboard.press("ControlOrMeta+a");
		await page.keyboard.type("5");
		await page.keyboard.press("Enter");
		await stage.shop.eventually(async () => (await stockOf(drum)).onHand, 8);
		await page.getByRole("cell", { name: "8" }).first().waitFor();
		await tabsTo(page, "A tin drum");
		await page.keyboard.press("Enter");
		await page.getByRole("link", { name: "Reservations and movements" }).waitFor();
		await tabsTo(page, "Reservations and movements");
		await page.keyboard.press("Enter");
		await heading(page, "Movements").waitFor();
		await tabsTo(page, "Add to, or take from, the stock of A tin drum");
		await page.keyboard.type("1");
		await page.keyboard.press("Tab");
		await page.keyboard.type("a gift");
		await page.keyboard.press("Enter");
		await page.getByRole("cell", { name: "a gift", exact: true }).waitFor();

		await page.goto("/admin/orders");
		await heading(page, "All orders").waitFor();
		await page.getByRole("link", { name: order.number }).waitFor();
		await tabsTo(page, `Ship order ${order.number}`);
		await page.keyboard.press("Enter");
		await comesTo(page, order.number);
	});
});

/** The focus moves by itself, a moment after what moves it. */
async function comesTo(page: Page, name: string): Promise<void> {
	await expectFocus(async () => (await focused(page)).name, name);
}

async function comesToMain(page: Page): Promise<void> {
	await expectFocus(() => page.evaluate<string>("document.activeElement.id"), "main");
}

async function expectFocus(read: () => Promise<string>, expected: string): Promise<void> {
	const looks = async (): Promise<true> => {
		const at = await read();
		if (at !== expected) throw new Error(`it is at ${at}`);
		return true;
	};
	await until(looks, { what: `the focus to come to ${expected}`, everyMs: 50 });
}

interface Focused {
	name: string;
	description: string;
}

/** What a screen reader says of where the focus is, near enough: the label or text, and the description. */
async function focused(page: Page): Promise<Focused> {
	return page.evaluate<Focused>(`(() => {
		const at = document.activeElement;
		const words = (text) => (text ?? "").replace(/\\s+/g, " ").trim();
		const said = (ids) => (ids ?? "").split(" ").map((id) => words(document.getElementById(id)?.textContent)).join(" ");
		const shown = (element) => {
			const copy = element.cloneNode(true);
			copy.querySelectorAll("[aria-hidden=true]").forEach((each) => each.remove());
			return words(copy.textContent).replaceAll(" ,", ",");
		};
		const name = at.getAttribute("aria-label") ?? (at.labels?.[0] ? shown(at.labels[0]) : shown(at));
		return { name, description: words(said(at.getAttribute("aria-describedby"))) };
	})()`);
}

/** Goes round and round the page until it is there. */
async function tabsTo(page: Page, name: string | RegExp): Promise<void> {
	const passed: string[] = [];
	const deadline = performance.now() + PATIENCE_MS;
	while (passed.length < STOPS_MIN || performance.now() < deadline) {
		await page.keyboard.press("Tab");
		const at = await focused(page);
		if (typeof name === "string" ? at.name === name : name.test(at.name)) return;
		passed.push(at.name);
	}
	throw new Error(`The focus never came to ${String(name)}; it passed ${[...new Set(passed)].join(", ")}`);
}
