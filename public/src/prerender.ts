import { createMemoryHistory } from "vue-router";
import { renderToString } from "vue/server-renderer";
import { createShop } from "./shop";

/** The HTML of a page while it waits for the shop's answers; without an address, the frame of every page. */
export async function render(address: string | undefined): Promise<string> {
	const { app, router } = createShop(createMemoryHistory());
	if (address !== undefined) {
		await router.push(address);
		await router.isReady();
	}
	return renderToString(app);
}

/** The addresses that the shop knows pages for, as the router writes them: any other is one of nothing. */
export function pages(): string[] {
	const { router } = createShop(createMemoryHistory());
	return router
		.getRoutes()
		.map(({ path }) => path)
		.filter((path) => !path.includes("*"));
}
