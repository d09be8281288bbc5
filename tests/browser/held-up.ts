import type { APIResponse, Page, Route } from "playwright-core";

/** The shop's answers to an operation, kept back. */
export interface HeldUp {
	/** The shop has done what was asked first, and the page does not know. */
	answered: Promise<void>;
	/** All of them arrive now, and what is asked later is answered at once. */
	release(): Promise<void>;
}

/** What the operations that begin so ask for is done, and not answered before it is released. */
export async function holdsUp(page: Page, operation: string): Promise<HeldUp> {
	const held: { route: Route; response: APIResponse }[] = [];
	let isHeld = true;
	const answered = new Promise<void>((resolve) => {
		void page.route("**/graphql", async (route) => {
			if (!isHeld || !isAbout(route, operation)) return route.fallback();
			held.push({ route, response: await route.fetch() });
			resolve();
		});
	});
	return {
		answered,
		async release() {
			isHeld = false;
			for (const { route, response } of held) await route.fulfill({ response });
		},
	};
}

/** The service that answers these is away, until `isBack` is called. */
export async function isAway(page: Page, operation: string): Promise<{ isBack(): void }> {
	let away = true;
	const errors = [{ message: "users is not available", extensions: { code: "UNAVAILABLE", retryAfter: 1 } }];
	await page.route("**/graphql", (route) =>
		away && isAbout(route, operation) ? route.fulfill({ json: { data: null, errors } }) : route.fallback(),
	);
	return { isBack: () => void (away = false) };
}

/** The first of these never reaches the shop; the page hears of that when it is lost. */
export async function losesFirst(
	page: Page,
	operation: string,
): Promise<{ asked: Promise<void>; lose(): Promise<void> }> {
	let first: Route | undefined;
	const asked = new Promise<void>((resolve) => {
		void page.route("**/graphql", (route) => {
			if (first || !isAbout(route, operation)) return route.fallback();
			first = route;
			return resolve();
		});
	});
	return { asked, lose: async () => first?.abort() };
}

function isAbout(route: Route, operation: string): boolean {
	const { query } = route.request().postDataJSON() as { query: string };
	return query.startsWith(operation);
}
