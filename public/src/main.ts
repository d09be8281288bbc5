import "./ui/tokens.css";
import "./ui/base.css";
import { createWebHistory } from "vue-router";
import { createShop } from "./shop";
import { loadCart } from "./cart/cart";
import { identified } from "./session/session";

const { app, router } = createShop(createWebHistory());

// The page first; who is asking and what is in the cart fill in their places when they are known.
void router.isReady().then(() => app.mount("#app"));
// A page that needs to know who is there says so while the shop can't tell.
void identified().catch(() => undefined);
// The page that shows the cart says so when it can't be read.
void loadCart().catch(() => undefined);
