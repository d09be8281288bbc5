import { mailboxOf, tokenIn } from "../api/mailbox";
import { describeInChromium } from "../support/servers";
import { openBrowserStage, type BrowserStage, type Shopper } from "./browser-stage";
import { holdsUp } from "./held-up";
import { addsToCart, button, fillsAddress, heading, isConfirmed, isLetIn, link, paysWith, signsIn } from "./shopping";

describeInChromium("an account", () => {
	let stage: BrowserStage;
	beforeAll(async () => (stage = await openBrowserStage()));
	afterAll(async () => stage[Symbol.asyncDispose]());

	const isSignedOut = async ({ page }: Shopper): Promise<void> => {
		await page.goto("/profile");
		await heading(page, "Sign in").waitFor();
	};

	test("shows where it is signed in, and ends one of these or all others", async () => {
		const account = await stage.shop.given.customer();
		await using desk = await stage.shopper();
		await using phone = await stage.shopper({ width: 360 });
		await using library = await stage.shopper();
		for (const { page } of [desk, phone, library]) await signsIn(page, account);
		const devices = desk.page.getByRole("region", { name: "Where you are signed in" }).getByRole("listitem");

		await desk.page.goto("/profile");
		await desk.page.getByText("This one").waitFor();
		// The API's own sign-in of the customer is the fourth.
		expect(await devices.count()).toBe(4);
		// The newest other one: the library's.
		await button(desk.page, /^Sign out Chrome on Linux/)
			.first()
			.click();
		await devices.nth(3).waitFor({ state: "detached" });
		await isSignedOut(library);
		await phone.page.goto("/profile");
		await phone.page.getByText("This one").waitFor();

		await button(desk.page, "Sign out everywhere else").click();
		await devices.nth(1).waitFor({ state: "detached" });
		await isSignedOut(phone);
		await desk.page.reload();
		await desk.page.getByText("This one").waitFor();
	});

	test("is signed in wherever its owner has gone meanwhile: a late answer takes nobody from there", async () => {
		const [lamp, account] = await Promise.all([stage.shop.given.product(), stage.shop.given.customer()]);
		await using ada = await stage.shopper();
		const { page } = ada;
		await addsToCart(page, lamp);
		const late = await holdsUp(page, "query ReadOwnCart");

		await isLetIn(page, account);
		await link(page, "Orders").click();
		await heading(page, "None yet").waitFor();
		await late.release();
		await link(page, "Cart, 1 piece").waitFor();

		expect(new URL(page.url()).pathname).toBe("/orders");
		expect(ada.complaints).toEqual([]);
	});

	test("has its password changed: everywhere else has to sign in again, this page does not", async () => {
		const account = await stage.shop.given.customer();
		await using desk = await stage.shopper();
		await using phone = await stage.shopper({ width: 360 });
		for (const { page } of [desk, phone]) await signsIn(page, account);
		const { page } = desk;

		await page.goto("/profile");
		await page.getByLabel("Password now").fill("not this one");
		await page.getByLabel("New password").fill("a better horse battery");
		await button(page, "Change it").click();
		await page.getByText("That is not your password.").waitFor();
		expect(await page.locator("[data-notice]").count()).toBe(0);
		await page.getByLabel("Password now").fill(account.password);
		await button(page, "Change it").click();
		await page.getByText("The password is changed.", { exact: false }).first().waitFor();

		await isSignedOut(phone);
		await link(page, "Your orders").click();
		await heading(page, "None yet").waitFor();
		expect(desk.complaints).toEqual([]);
	});

	test("has an address book: what is kept at one checkout is chosen beforehand at the next", async () => {
		const [lamp, account] = await Promise.all([
			stage.shop.given.product({ stock: 9 }),
			stage.shop.given.customer({ name: "Ada Lovelace" }),
		]);
		await using ada = await stage.shopper({ width: 360 });
		const { page } = ada;
		await signsIn(page, account);
		const entries = page.getByRole("region", { name: "Addresses" }).getByRole("listitem");

		await addsToCart(page, lamp);
		await page.goto("/checkout");
		await fillsAddress(page);
		await page.getByLabel("Keep it in my address book").check();
		await paysWith(page, "A card that works");
		await isConfirmed(page);
		await addsToCart(page, lamp);
		await page.goto("/checkout");
		expect(await page.getByRole("radio", { name: "12 St James's Square" }).isChecked()).toBe(true);
		await page.getByRole("radio", { name: "Another address" }).check();
		await page.getByLabel("City").fill("Ockham");
		await button(page, /^Pay/).click();
		await page.getByText("Which street and number?").waitFor();
		await page.getByRole("radio", { name: "12 St James's Square" }).check();
		await paysWith(page, "A card that works");
		await isConfirmed(page);
		await page.locator("address").getByText("12 St James's Square").waitFor();

		await page.goto("/profile");
		await button(page, "Add an address").click();
		await fillsAddress(page);
		await button(page, "Save the address").click();
		await entries.first().waitFor();
		expect(await entries.count()).toBe(1);
		await button(page, "Add an address").click();
		await fillsAddress(page);
		await page.getByLabel("City").fill("");
		await button(page, "Save the address").click();
		await page.getByText("Which city?").waitFor();
		await page.getByLabel("City").fill("Ockham");
		await button(page, "Save the address").click();
		await entries.nth(1).waitFor();
		await button(page, /^Edit/).last().click();
		await page.getByLabel("Street and number").fill("1 Dorset Street");
		await button(page, "Save the address").click();
		await entries.filter({ hasText: "1 Dorset Street" }).waitFor();
		await button(page, /^Remove .*12 St James's Square/).click();
		await button(page, "Yes, remove it").click();
		await entries.nth(1).waitFor({ state: "detached" });
		await entries.filter({ hasText: "1 Dorset Street" }).waitFor();
		await page.evaluate("sessionStorage.clear()");
		await addsToCart(page, lamp);
		await page.goto("/checkout");
		expect(await page.getByRole("radio", { name: "1 Dorset Street" }).isChecked()).toBe(true);
		expect(ada.complaints).toEqual([]);
	});

	test("is refused at the field that is wrong, and nothing else is said", async () => {
		const account = await stage.shop.given.customer();
		await using guest = await stage.shopper();
		const { page } = guest;
		const registers = async (email: string, password: string): Promise<void> => {
			await page.getByLabel("Name").fill("Ada");
			await page.getByLabel("E-mail").fill(email);
			await page.getByLabel("Password").fill(password);
			await button(page, "Make the account").click();
		};
		const saidAt = (field: string) => page.getByLabel(field).locator("xpath=following-sibling::*[@role='alert']");

		await page.goto("/register");
		for (const [field, email, password, reason] of [
			["E-mail", account.email, "correct horse battery", /There is an account with this e-mail address already/],
			["E-mail", "ada@nowhere", "correct horse battery", /e-mail/i],
			["Password", "ada@shop.test", "password1", /password/i],
		] as const) {
			await registers(email, password);
			await saidAt(field).waitFor();
			expect(await saidAt(field).textContent()).toMatch(reason);
			expect(await page.getByRole("alert").count()).toBe(1);
		}
		expect(guest.complaints).toEqual([]);
	});

	test("whose password is forgotten gets another by a link in a mail, which works once", async () => {
		const account = await stage.shop.given.customer();
		const mailbox = mailboxOf(stage.shop);
		await using ada = await stage.shopper();
		const { page } = ada;

		await page.goto("/login");
		await link(page, "Forgot the password?").click();
		await heading(page, "Forgot the password?").waitFor();
		await page.getByLabel("E-mail").fill(account.email);
		await button(page, "Send the link").click();
		await heading(page, "Look into your mail").waitFor();
		const token = tokenIn(await mailbox.to(account.email, /new password/));
		await page.goto(`/reset-password#token=${token}`);
		await page.getByLabel("New password").fill("short");
		await button(page, "Take this one").click();
		await page.getByText("At least 8 characters, please.").waitFor();
		expect(page.url()).not.toContain(token);
		await page.getByLabel("New password").fill("a forgotten battery");
		await button(page, "Take this one").click();
		await heading(page, "That is your password now").waitFor();
		await signsIn(page, { ...account, password: "a forgotten battery" });

		await using thief = await stage.shopper();
		await thief.page.goto(`/reset-password#token=${token}`);
		await thief.page.getByLabel("New password").fill("a stolen battery");
		await button(thief.page, "Take this one").click();
		await thief.page.getByText("This link does not work any more").waitFor();
		expect([...ada.complaints, ...thief.complaints]).toEqual([]);
	});

	test("whose link was old is helped by the next one in the same tab, without a reload", async () => {
		const mailbox = mailboxOf(stage.shop);
		const account = await stage.shop.given.customer();
		await using ada = await stage.shopper();
		const { page } = ada;
		const opens = async (address: string): Promise<void> => {
			await page.evaluate("window.isStillHere = true");
			await page.evaluate(`location.href = ${JSON.stringify(address)}`);
		};
		const isStillHere = () => page.evaluate<boolean>("window.isStillHere === true");

		await page.goto("/forgot-password");
		await page.getByLabel("E-mail").fill(account.email);
		await button(page, "Send the link").click();
		const reset = tokenIn(await mailbox.to(account.email, /new password/));
		await page.goto("/reset-password#token=old");
		await page.getByLabel("New password").fill("a forgotten battery");
		await button(page, "Take this one").click();
		await page.getByText("This link does not work any more").waitFor();
		await opens(`/reset-password#token=${reset}`);
		await page.getByLabel("New password").fill("a forgotten battery");
		await button(page, "Take this one").click();
		await heading(page, "That is your password now").waitFor();
		expect(await isStillHere()).toBe(true);

		const verify = tokenIn(await mailbox.to(account.email, /Confirm/));
		await page.goto("/verify-email#token=old");
		await heading(page, "This link does not work any more").waitFor();
		await opens(`/verify-email#token=${verify}`);
		await heading(page, "Your address is confirmed").waitFor();
		expect(await isStillHere()).toBe(true);
		expect(page.url()).not.toContain(verify);
		expect(ada.complaints).toEqual([]);
	});

	test("has its address confirmed by a link in a mail, on whatever device", async () => {
		const account = await stage.shop.given.customer();
		const mailbox = mailboxOf(stage.shop);
		await using desk = await stage.shopper();
		await using phone = await stage.shopper({ width: 360 });
		await signsIn(desk.page, account);

		await desk.page.goto("/profile");
		await desk.page.getByText("Not confirmed yet.").waitFor();
		await button(desk.page, "Send me the link again").click();
		await desk.page.locator("main").getByText("A link is on its way to you.").waitFor();
		const token = tokenIn(await mailbox.to(account.email, /Confirm/));
		await phone.page.goto(`/verify-email#token=${token}`);
		await heading(phone.page, "Your address is confirmed").waitFor();
		await desk.page.reload();
		await desk.page.getByText("Confirmed", { exact: true }).waitFor();

		const again = await phone.tab();
		await again.goto(`/verify-email#token=${token}`);
		await heading(again, "Your address is confirmed").waitFor();
		await desk.page.goto("/verify-email#token=nonsense");
		await heading(desk.page, `${account.email} is confirmed already`).waitFor();
		expect([...desk.complaints, ...phone.complaints]).toEqual([]);
	});
});
