import { nextTick } from "vue";
import { createRouter, type RouteLocationNormalized, type Router, type RouterHistory } from "vue-router";
import { mailPage } from "./account/mail-page";
import CataloguePage from "./catalogue/CataloguePage.vue";
import { guard } from "./session/admission";
import { announce } from "./ui/announce";
import { focusMain } from "./ui/focus";
import { lazyPage, watchPageCode } from "./ui/page-code";
import { setTitle } from "./ui/title";

declare module "vue-router" {
	interface RouteMeta {
		title?: string;
	}
}

export function createShopRouter(history: RouterHistory): Router {
	const router = createRouter({
		history,
		routes: [
			{ path: "/", name: "catalogue", component: CataloguePage },
			{ path: "/products/:id/:slug?", name: "product", component: lazyPage(() => import("./product/ProductPage.vue")) },
			{ path: "/cart", component: lazyPage(() => import("./cart/CartPage.vue")), meta: { title: "Cart" } },
			{
				path: "/checkout",
				component: lazyPage(() => import("./checkout/CheckoutPage.vue")),
				meta: { title: "Checkout", for: "customer" },
			},
			{
				path: "/checkout/:id",
				component: lazyPage(() => import("./checkout/PlacedPage.vue")),
				meta: { title: "Your order", for: "customer" },
			},
			{
				path: "/orders",
				component: lazyPage(() => import("./orders/OrdersPage.vue")),
				meta: { title: "Your orders", for: "customer" },
			},
			{
				path: "/orders/:id",
				component: lazyPage(() => import("./orders/OrderPage.vue")),
				meta: { title: "Order", for: "customer" },
			},
			{
				path: "/profile",
				component: lazyPage(() => import("./account/ProfilePage.vue")),
				meta: { title: "Profile", for: "customer" },
			},
			{ path: "/login", component: lazyPage(() => import("./account/LoginPage.vue")), meta: { title: "Sign in" } },
			{
				path: "/register",
				component: lazyPage(() => import("./account/RegisterPage.vue")),
				meta: { title: "New account" },
			},
			{
				path: "/forgot-password",
				component: lazyPage(() => import("./account/ForgotPasswordPage.vue")),
				meta: { title: "Forgot the password?" },
			},
			{
				path: "/reset-password",
				component: lazyPage(async () => mailPage((await import("./account/ResetPasswordPage.vue")).default)),
				meta: { title: "New password" },
			},
			{
				path: "/verify-email",
				component: lazyPage(async () => mailPage((await import("./account/VerifyEmailPage.vue")).default)),
				meta: { title: "E-mail address" },
			},
			{ path: "/admin", redirect: "/admin/products" },
			{
				path: "/admin/products",
				component: lazyPage(() => import("./admin/AdminProductsPage.vue")),
				meta: { title: "Products", for: "admin" },
			},
			{
				path: "/admin/products/:id",
				component: lazyPage(() => import("./admin/AdminProductPage.vue")),
				meta: { title: "Product", for: "admin" },
			},
			{
				path: "/admin/products/:id/stock",
				component: lazyPage(() => import("./admin/AdminStockPage.vue")),
				meta: { title: "Stock", for: "admin" },
			},
			{
				path: "/admin/orders",
				component: lazyPage(() => import("./admin/AdminOrdersPage.vue")),
				meta: { title: "All orders", for: "admin" },
			},
			{
				path: "/admin/orders/:id",
				component: lazyPage(() => import("./admin/AdminOrderPage.vue")),
				meta: { title: "Order", for: "admin" },
			},
			{
				path: "/:anything(.*)*",
				component: lazyPage(() => import("./ui/NotFoundPage.vue")),
				meta: { title: "Nothing here" },
			},
		],
		scrollBehavior(to, from, saved) {
			if (saved) return saved;
			return to.path === from.path && !isTurned(to, from) ? undefined : { top: 0 };
		},
	});
	guard(router);
	watchPageCode(router);
	router.afterEach((to, from, failure) => {
		if (failure) return;
		if (to.path !== from.path) void arrive(to, from);
		else if (isTurned(to, from)) turn(to);
	});
	return router;
}

/** A new page has a new title, and whoever can't see it is told and stands at its beginning. */
async function arrive(to: RouteLocationNormalized, from: RouteLocationNormalized): Promise<void> {
	if (typeof document === "undefined") return;
	setTitle(to.meta.title);
	if (from.matched.length === 0) return;
	await nextTick();
	focusMain();
	if (to.meta.title) announce(to.meta.title);
}

/** Another page of the same list begins at its beginning too. */
function turn(to: RouteLocationNormalized): void {
	focusMain();
	announce(`Page ${String(to.query["page"] ?? 1)}`);
}

function isTurned(to: RouteLocationNormalized, from: RouteLocationNormalized): boolean {
	return to.query["page"] !== from.query["page"];
}
