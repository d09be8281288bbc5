import type { ServiceSchema } from "moleculer";
import type { ServiceName } from "../node/settings";
import cart from "./cart/cart.service";
import gateway from "./gateway/gateway.service";
import orders from "./orders/orders.service";
import payments from "./payments/payments.service";
import products from "./products/products.service";
import type { Resources } from "./resources";
import users from "./users/users.service";

/** Every service of the shop, by the name that `SERVICES` takes. */
export const services: Record<ServiceName, (resources: Resources) => ServiceSchema> = {
	gateway,
	users,
	products,
	cart,
	orders,
	payments,
};
