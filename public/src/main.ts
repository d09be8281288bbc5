import "./ui/tokens.css";
import "./ui/base.css";
import { createWebHistory } from "vue-router";
import { createShop } from "./shop";
import { loadCart } from "./cart/cart";
import { outcomeOf, persist } from "./graphql/persist";
import { identified } from "./session/session";

const { app, router } = createShop(createWebHistory());

// The page first; who is asking and what is in the cart fill in their places when they are known.
// Where the page's code did not come, the frame around it says so.
void router
	.isReady()
	.catch(() => undefined)
	.then(() => app.mount("#app"));
// A page that needs to know who is there says so while the shop can't tell.
void identified().catch(() => undefined);
// The page that shows the cart says so when it can't be read; its number stands on every page, and is asked for until it
// is known.
void persist(() => outcomeOf(loadCart()), new AbortController().signal);
