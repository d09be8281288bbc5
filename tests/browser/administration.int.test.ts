import type { Page } from "playwright-core";
import { describeInChromium } from "../support/servers";
import { ADMIN } from "../support/shop-given";
import { until } from "../support/until";
import { holdsUpPayments, openBrowserStage, type BrowserStage } from "./browser-stage";
import { button, heading, link, signsIn } from "./shopping";

describeInChromium("an administrator", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

	test("makes a product, changes it, counts its stock, withdraws it and puts it back on sale", async () => {
		await using admin = await stage.shopper();
		await using guest = await stage.shopper();
		const { page } = admin;
		await signsIn(page, ADMIN);

		await link(page, /^Admin$/).click();
		await link(page, "New product").click();
		await page.getByLabel("Name").fill("A tin whistle");
		await page.getByLabel("Article number (SKU)").fill("WHISTLE-1");
		await page.getByLabel("Price in USD").fill("nineteen");
		await page.getByLabel("Pieces on the shelf").fill("3");
		await button(page, "Save").click();
		await page.getByText("A price such as 19.99").waitFor();
		await page.getByLabel("Price in USD").fill("19.90");
		await button(page, "Save").click();
		await heading(page, "A tin whistle").waitFor();
		await guest.page.goto("/?q=whistle");
		await link(guest.page, "A tin whistle").click();
		await guest.page.getByText("$19.90").waitFor();
		await guest.page.getByText("Only 3 left").waitFor();

		await page.getByLabel("Price in USD").fill("21");
		await button(page, "Save").click();
		await page.getByText("Saved.").waitFor();
		await link(page, /^Products$/).click();
		await page.getByLabel("Find a product").fill("whistle");
		await button(page, "Find").click();
		await row(page, "A tin whistle").getByRole("cell", { name: "$21.00", exact: true }).waitFor();
		const stock = page.getByLabel("Add to, or take from, the stock of A tin whistle");
		await stock.fill("-4");
		await button(page, "Book it for A tin whistle").click();
		await row(page, "A tin whistle").getByRole("alert").waitFor();
		await stock.fill("10");
		await button(page, "Book it for A tin whistle").click();
		await row(page, "A tin whistle").getByRole("cell", { name: "13" }).first().waitFor();
		await guest.page.reload();
		await guest.page.getByText("In stock").waitFor();

		await link(page, "A tin whistle").click();
		await stock.fill("-1");
		await button(page, "Book it for A tin whistle").click();
		await page.getByRole("definition").getByText("12").first().waitFor();
		await button(page, "Withdraw").click();
		await page.locator("main").getByText("nobody can buy it any more").waitFor();
		await guest.page.reload();
		await heading(guest.page, "Nothing stands here").waitFor();
		await button(page, "Put on sale").click();
		await page.locator("main").getByText("It is on sale again.").waitFor();
		await guest.page.reload();
		await guest.page.getByText("$21.00").waitFor();

		expect([...admin.complaints, ...guest.complaints]).toEqual([]);
	});

	test("saves what they changed, and leaves what another changed meanwhile and what is older than a rule", async () => {
		const { given, when, database, eventually } = stage.shop;
		const clock = await given.product({ name: "A cuckoo clock", price: 900 });
		await database.query("UPDATE catalog.products SET description = E'One.\\u000bTwo.' WHERE id = $1", [clock.id]);
		await using admin = await stage.shopper();
		const { page } = admin;
		await signsIn(page, ADMIN);

		await page.goto(`/admin/products/${clock.id}`);
		await heading(page, "A cuckoo clock").waitFor();
		await when.updatesProduct(clock, { name: "A wall clock" });
		await page.getByLabel("Price in USD").fill("8");
		await button(page, "Save").click();
		await page.getByText("Saved.").waitFor();

		await heading(page, "A wall clock").waitFor();
		const kept = "SELECT name, price, description FROM catalog.products WHERE id = $1";
		await eventually(
			async () => (await database.query(kept, [clock.id])).rows,
			[{ name: "A wall clock", price: 800, description: "One.\u000bTwo." }],
		);
		expect(admin.complaints).toEqual([]);
	});

	test("names a picture of another host, and everybody sees it", async () => {
		await using admin = await stage.shopper();
		await using guest = await stage.shopper();
		const vase = await stage.shop.given.product({ name: "A blue vase" });
		const body = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>`;
		for (const { context } of [admin, guest])
			await context.route("https://cdn.example/**", (route) => route.fulfill({ contentType: "image/svg+xml", body }));
		await signsIn(admin.page, ADMIN);

		await admin.page.goto(`/admin/products/${vase.id}`);
		await admin.page.getByLabel("Picture").fill("http://cdn.example/Blå vase.svg");
		await button(admin.page, "Save").click();
		await admin.page.getByText("It has to begin with https://").waitFor();
		await admin.page.getByLabel("Picture").fill("https://cdn.example/Blå vase.svg");
		await button(admin.page, "Save").click();
		await admin.page.getByText("Saved.").waitFor();
		await guest.page.goto("/?q=vase");
		const picture = guest.page.locator('img[src="https://cdn.example/Bl%C3%A5%20vase.svg"]');
		await picture.waitFor();

		await until(() => picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 0), {
			what: "the picture",
		});
		expect(guest.complaints).toEqual([]);
	});

	test("reads who holds a stock and what moved it, page by page, and says why it was counted", async () => {
		const { given, when, until } = stage.shop;
		const [lamp, ada] = await Promise.all([given.product({ name: "A miner's lamp", stock: 40 }), given.customer()]);
		for (let time = 1; time <= 24; time++) await when.adjustsStock(lamp, 1, `delivery ${time}`);
		const sold = await when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await until(sold).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		await using payments = await holdsUpPayments(stage);
		const held = await when.checksOut(ada, [{ product: lamp, quantity: 2 }]);
		await stage.shop.eventually(async () => (await stage.shop.stockOf(lamp)).reserved, 2);
		await using admin = await stage.shopper();
		const { page } = admin;
		await signsIn(page, ADMIN);

		await page.goto(`/admin/products/${lamp.id}`);
		await link(page, "Reservations and movements").click();
		await page.getByRole("region", { name: "Reserved by" }).getByRole("row").filter({ hasText: held.number }).waitFor();
		const movements = page.getByRole("region", { name: "Movements" }).getByRole("table").getByRole("row");
		await movements.filter({ hasText: sold.number }).filter({ hasText: "Sold" }).waitFor();
		await page.getByLabel("Add to, or take from, the stock of A miner's lamp").fill("-3");
		await page.getByLabel("Why").fill("moths");
		await button(page, "Book it for A miner's lamp").click();
		const booked = movements.filter({ hasText: "moths" });
		await booked.getByRole("cell", { name: "−3" }).waitFor();
		expect(await booked.getByRole("cell").last().textContent()).not.toBe("");
		expect(await movements.filter({ hasText: "delivery 1" }).first().textContent()).toContain("delivery 19");
		await link(page, "Older").click();
		await movements.filter({ hasText: "Product made" }).getByRole("cell", { name: "+40" }).waitFor();
		await payments.release();
		await until(held).is("CONFIRMED");
		await movements.filter({ hasText: "delivery 1" }).first().waitFor();
		await page.reload();
		await page.getByText("No order holds any of it.").waitFor();
		await link(page, "Newer").click();
		await link(page, held.number).first().click();
		await heading(page, `Order ${held.number}`).waitFor();

		expect(admin.complaints).toEqual([]);
	});

	test("ships and delivers an order, thinks better of cancelling one, and cancels it", async () => {
		const { given, when, until, look } = stage.shop;
		const [lamp, ada] = await Promise.all([given.product(), given.customer()]);
		const sent = await when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await until(sent).is("CONFIRMED");
		const kept = await when.checksOut(ada, [{ product: lamp, quantity: 2 }]);
		await until(kept).is("CONFIRMED");
		await using admin = await stage.shopper();
		const { page } = admin;
		await signsIn(page, ADMIN);

		await page.goto("/admin/orders");
		await button(page, `Ship order ${sent.number}`).click();
		await row(page, sent.number).getByText("On its way").waitFor();
		await button(page, `Deliver order ${sent.number}`).click();
		await row(page, sent.number).getByText("Delivered").waitFor();
		await button(page, `Cancel order ${kept.number}`).click();
		await button(page, "Keep it").click();
		await page.getByRole("dialog").waitFor({ state: "hidden" });
		expect((await look(kept)).status).toBe("CONFIRMED");
		await button(page, `Cancel order ${kept.number}`).click();
		await button(page, "Yes, cancel it").click();
		await row(page, kept.number).getByText("Cancelled").waitFor();
		await page.getByLabel("Show").selectOption("Delivered");
		await row(page, kept.number).waitFor({ state: "detached" });
		await row(page, sent.number).waitFor();

		expect((await look(sent)).status).toBe("DELIVERED");
		expect((await look(kept)).status).toBe("CANCELLED");
		expect(admin.complaints).toEqual([]);
	});

	test("is a customer among their own orders, and an operator on those of others", async () => {
		const { given, when, until } = stage.shop;
		const [lamp, ada, operator] = await Promise.all([given.product(), given.customer(), given.admin()]);
		const own = await when.checksOut(operator, [{ product: lamp, quantity: 1 }]);
		const kept = await when.checksOut(ada, [{ product: lamp, quantity: 1 }]);
		await Promise.all([until(own).is("CONFIRMED"), until(kept).is("CONFIRMED", { paymentStatus: "CAPTURED" })]);
		const undone = await when.checksOut(ada, [{ product: lamp, quantity: 1 }], { token: "tok_decline" });
		await until(undone).is("COMPENSATED");
		await using admin = await stage.shopper();
		const { page } = admin;
		await signsIn(page, ADMIN);
		const main = page.locator("main");

		await page.goto("/orders");
		await link(page, own.number).waitFor();
		expect(await link(page, /^M-/).count()).toBe(1);
		await link(page, own.number).click();
		await page.getByText("Every piece was reserved for you.").waitFor();
		expect(await main.getByRole("link", { name: "Your orders" }).count()).toBe(1);

		for (const address of [`/orders/${undone.id}`, `/checkout/${undone.id}`]) {
			await page.goto(address);
			await page.getByText("What was to be ordered went back into the customer's cart.").waitFor();
			expect(new URL(page.url()).pathname).toBe(`/admin/orders/${undone.id}`);
			expect(await main.textContent()).not.toMatch(/\byou(rs?)?\b/i);
		}
		await link(page, "All orders").click();
		await link(page, kept.number).click();
		await page.getByText(ada.email).waitFor();
		await button(page, "Cancel the order").click();
		await button(page, "Yes, cancel it").click();
		await page.getByText("The money has gone back to the customer, the pieces to the shelf.").waitFor();
		expect(await main.textContent()).not.toMatch(/\byou(rs?)?\b|payment is taken/i);
		expect(admin.complaints).toEqual([]);
	});

	test("is somebody else than a customer or a guest, who don't get there", async () => {
		await using ada = await stage.shopper();
		await ada.page.goto("/admin/products");
		await heading(ada.page, "Sign in").waitFor();

		await signsIn(ada.page, await stage.shop.given.customer());
		for (const address of [
			"/admin",
			"/admin/products",
			"/admin/products/new",
			"/admin/products/1/stock",
			"/admin/orders",
		]) {
			await ada.page.goto(address);
			await heading(ada.page, "Nothing stands here").waitFor();
		}

		expect(await link(ada.page, /^Admin$/).count()).toBe(0);
	});
});
