import axe, { type AxeResults } from "axe-core";
import type { BrowserContext, Page } from "playwright-core";
import { overlapsOn } from "./overlaps";

/** Each way a page looks: both themes, and the layouts of a phone and of a desk. */
const LOOKS = [
	{ colorScheme: "light", width: 1_280 },
	{ colorScheme: "dark", width: 1_280 },
	{ colorScheme: "dark", width: 360 },
	{ colorScheme: "light", width: 360 },
] as const;

/** The narrowest phone of somebody who needs large letters: there nothing may get lost or in the way of something else. */
const LARGE_TEXT = { width: 320, percent: 200 };

const HEIGHT = 900;

/** Beside axe's own choice: targets large enough for a finger. */
const OPTIONS = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };

/** Every page of this browser carries axe-core from its beginning; the shop's policy lets no script of others in. */
export async function bringAxe(context: BrowserContext): Promise<void> {
	await context.addInitScript({ content: axe.source });
}

/** What axe-core finds on the page as it stands, in every look, each with the element; and what is in the way of something. */
export async function faultsOf(page: Page): Promise<string[]> {
	const faults: string[] = [];
	for (const { colorScheme, width } of LOOKS) {
		await page.setViewportSize({ width, height: HEIGHT });
		await page.emulateMedia({ colorScheme });
		const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(OPTIONS)})`);
		const found = violations.flatMap(({ id, help, nodes }) =>
			nodes.map(({ target }) => `${id}: ${help} (${target.join(" ")})`),
		);
		found.push(...(await collisionsOn(page)));
		faults.push(...found.map((fault) => `${colorScheme}, ${width} px: ${fault}`));
	}
	return [...faults, ...(await faultsWithLargeText(page))];
}

async function faultsWithLargeText(page: Page): Promise<string[]> {
	const { width, percent } = LARGE_TEXT;
	await page.setViewportSize({ width, height: HEIGHT });
	await enlargeText(page, percent);
	const found = await collisionsOn(page);
	await enlargeText(page, 100);
	return found.map((fault) => `${width} px, text at ${percent} %: ${fault}`);
}

async function enlargeText(page: Page, percent: number): Promise<void> {
	await page.evaluate(`document.documentElement.style.fontSize = "${percent}%"`);
}

async function collisionsOn(page: Page): Promise<string[]> {
	const found = await overlapsOn(page);
	const isTooWide = await page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
	return isTooWide ? [...found, "the page can be scrolled sideways"] : found;
}
