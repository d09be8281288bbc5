import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";

/** What a shopper does on the pages, by what stands on them. */

export const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });
export const heading = (page: Page, name: string | RegExp) => page.getByRole("heading", { name });
export const link = (page: Page, name: string | RegExp) => page.getByRole("link", { name });

export async function addsToCart(page: Page, product: { id: string; name: string }): Promise<void> {
	await page.goto(`/products/${product.id}`);
	await button(page, "Add to the cart").click();
	await link(page, "To the cart").waitFor();
}

/** On the page of registering, however one got there. */
export async function registers(page: Page, name: string): Promise<string> {
	const email = `${randomUUID()}@shop.test`;
	await page.getByLabel("Name").fill(name);
	await page.getByLabel("E-mail").fill(email);
	await page.getByLabel("Password").fill("correct horse battery");
	await button(page, "Make the account").click();
	return email;
}

export async function fillsAddress(page: Page): Promise<void> {
	await page.getByLabel("Street and number").fill("12 St James's Square");
	await page.getByLabel("Postal code").fill("SW1Y 4JH");
	await page.getByLabel("City").fill("London");
	await page.getByLabel("Country").fill("United Kingdom");
}

/** A new customer in front of the filled checkout page. */
export async function comesToCheckout(page: Page, product: { id: string; name: string }): Promise<void> {
	await addsToCart(page, product);
	await page.goto("/register?next=/checkout");
	await registers(page, "Ada Lovelace");
	await heading(page, "Where to").waitFor();
	await fillsAddress(page);
}

export async function paysWith(page: Page, card: string): Promise<void> {
	await page.getByLabel(card).check();
	await button(page, /^Pay/).click();
}

export async function isConfirmed(page: Page): Promise<void> {
	await heading(page, "Thank you, Ada").waitFor();
}

interface Credentials {
	email: string;
	password: string;
}

/** Somebody who has an account. The shop may still be about to open the page that comes next. */
export async function isLetIn(page: Page, { email, password }: Credentials): Promise<void> {
	await page.goto("/login");
	await page.getByLabel("E-mail").fill(email);
	await page.getByLabel("Password").fill(password);
	await button(page, "Sign in").click();
	await link(page, "Orders").waitFor();
}

/** The same, and the products are there: a page that has just been opened takes the focus. */
export async function signsIn(page: Page, credentials: Credentials): Promise<void> {
	await isLetIn(page, credentials);
	await page.waitForURL("/");
	await page.locator("main:focus").waitFor();
}
