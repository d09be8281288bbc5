import type { Page, Route } from "playwright-core";

/** The shop's answers to an operation, kept back. */
export interface HeldUp {
	/** The first has been asked for. */
	asked: Promise<void>;
	/** All of them arrive now, and what is asked later is answered at once. */
	release(): Promise<void>;
}

/** What the operations that begin so ask for is not answered before it is released. */
export async function holdsUp(page: Page, operation: string): Promise<HeldUp> {
	const held: Route[] = [];
	let isHeld = true;
	const asked = new Promise<void>((resolve) => {
		void page.route("**/graphql", async (route) => {
			if (!isHeld || !isAbout(route, operation)) return route.fallback();
			held.push(route);
			resolve();
		});
	});
	return {
		asked,
		async release() {
			isHeld = false;
			for (const route of held) await route.continue();
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

function isAbout(route: Route, operation: string): boolean {
	const { query } = route.request().postDataJSON() as { query: string };
	return query.startsWith(operation);
}
