import { createApp, createSSRApp, type App as VueApp } from "vue";
import type { Router, RouterHistory } from "vue-router";
import App from "./App.vue";
import { createShopRouter } from "./router";

/**
 * The shop in a browser, or, without one, as it is drawn beforehand. The browser draws it anew over what was drawn
 * beforehand: nothing has to agree but what one sees.
 */
export function createShop(history: RouterHistory): { app: VueApp; router: Router } {
	const router = createShopRouter(history);
	const create = typeof window === "undefined" ? createSSRApp : createApp;
	return { app: create(App).use(router), router };
}
