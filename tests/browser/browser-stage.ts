import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { foundServices } from "../support/found-services";
import { freePort } from "../support/free-port";
import { openShop, type Shop } from "../support/shop";

/** Longer than any page takes on a busy machine; what is awaited is there long before. */
const PATIENCE_MS = 45_000;

// A journey goes over a dozen pages.
jest.setTimeout(4 * PATIENCE_MS);

const ARGUMENTS = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
];

/** A shop and a browser beside it. */
export interface BrowserStage extends AsyncDisposable {
	shop: Shop;
	/** A browser of one's own, with nothing in it yet. */
	shopper(options?: { colorScheme?: "light" | "dark"; width?: number }): Promise<Shopper>;
}

export interface Shopper extends AsyncDisposable {
	context: BrowserContext;
	page: Page;
	tab(): Promise<Page>;
	/** What pages must not say: uncaught errors, and what the Content-Security-Policy has refused. */
	complaints: string[];
}

export async function openBrowserStage(): Promise<BrowserStage> {
	// A shop that is restarted has to be found again where it was.
	const shop = await openShop({ events: "postgres", settings: { PORT: String(await freePort()) } });
	let browser: Browser;
	try {
		browser = await chromium.launch({ executablePath: foundServices().chromium!, args: ARGUMENTS });
	} catch (error) {
		await shop[Symbol.asyncDispose]();
		throw error;
	}
	return {
		shop,
		shopper: ({ colorScheme = "light", width = 1_280 } = {}) =>
			openShopper(browser, shop.node().url!, { colorScheme, viewport: { width, height: 900 } }),
		async [Symbol.asyncDispose]() {
			await browser.close();
			await shop[Symbol.asyncDispose]();
		},
	};
}

/** The provider answers nobody until it is released; it is asked again for twenty seconds. */
export async function holdsUpPayments({ shop }: BrowserStage): Promise<AsyncDisposable & { release(): Promise<void> }> {
	const client = await shop.database.connect();
	await client.query("BEGIN");
	await client.query("LOCK TABLE sandbox_provider.authorisations");
	return {
		release: async () => void (await client.query("COMMIT")),
		async [Symbol.asyncDispose]() {
			// Where the test has failed before it could release it.
			await client.query("ROLLBACK");
			client.release();
		},
	};
}

async function openShopper(
	browser: Browser,
	baseURL: string,
	options: { colorScheme: "light" | "dark"; viewport: { width: number; height: number } },
): Promise<Shopper> {
	const context = await browser.newContext({ ...options, baseURL, reducedMotion: "reduce" });
	context.setDefaultTimeout(PATIENCE_MS);
	const complaints: string[] = [];
	const tab = async (): Promise<Page> => {
		const page = await context.newPage();
		page.on("pageerror", ({ message }) => complaints.push(message));
		page.on("console", (message) => {
			if (message.text().includes("Content Security Policy")) complaints.push(message.text());
		});
		return page;
	};
	return { context, page: await tab(), tab, complaints, [Symbol.asyncDispose]: () => context.close() };
}
