import type { EventContract } from "../mixins/events/contract";
import * as cart from "./cart/cart.events";
import * as orders from "./orders/orders.events";
import * as payments from "./payments/payments.events";
import * as products from "./products/products.events";
import * as users from "./users/users.events";

/** Every event of the shop, each version of it, in the order in which a shopper causes them. */
export const events: readonly EventContract[] = [users, products, cart, orders, payments].flatMap(
	(published) => Object.values(published) as readonly EventContract[],
);
