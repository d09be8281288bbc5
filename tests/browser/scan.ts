import axe, { type AxeResults } from "axe-core";
import type { BrowserContext, Page } from "playwright-core";

/** Each way a page looks: both themes, and the layouts of a phone and of a desk. */
const LOOKS = [
	{ colorScheme: "light", width: 1_280 },
	{ colorScheme: "dark", width: 1_280 },
	{ colorScheme: "dark", width: 360 },
	{ colorScheme: "light", width: 360 },
] as const;

const HEIGHT = 900;

/** Beside axe's own choice: targets large enough for a finger. */
const OPTIONS = { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } };

/** Every page of this browser carries axe-core from its beginning; the shop's policy lets no script of others in. */
export async function bringAxe(context: BrowserContext): Promise<void> {
	await context.addInitScript({ content: axe.source });
}

/** What axe-core finds on the page as it stands, in every look, each with the element; and what is wider than its window. */
export async function faultsOf(page: Page): Promise<string[]> {
	const faults: string[] = [];
	for (const { colorScheme, width } of LOOKS) {
		await page.setViewportSize({ width, height: HEIGHT });
		await page.emulateMedia({ colorScheme });
		const { violations } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(OPTIONS)})`);
		const found = violations.flatMap(({ id, help, nodes }) =>
			nodes.map(({ target }) => `${id}: ${help} (${target.join(" ")})`),
		);
		if (await isTooWide(page)) found.push("the page can be scrolled sideways");
		faults.push(...found.map((fault) => `${colorScheme}, ${width} px: ${fault}`));
	}
	return faults;
}

function isTooWide(page: Page): Promise<boolean> {
	return page.evaluate<boolean>("document.documentElement.scrollWidth > innerWidth");
}
