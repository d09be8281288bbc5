import { accessBy, doorsOf } from "./access";
import { databasesOf } from "./databases";
import { readSettings } from "./settings";

const DATABASE_URL = "postgres://molecart:s3cr3t@db/shop";
const OWN = {
	USERS_DATABASE_URL: "postgres://u@one/users",
	PRODUCTS_DATABASE_URL: "postgres://p@two/products",
	CART_DATABASE_URL: "postgres://c@two/cart",
	ORDERS_DATABASE_URL: "postgres://o@three/orders",
	PAYMENTS_DATABASE_URL: "postgres://m@three/payments",
};
const AMQP_URL = "amqp://mq";

/** @param mayBeThemselves as it is when the server takes the roles */
function accessIn(environment: Record<string, string>, mayBeThemselves = true) {
	const { all } = databasesOf(readSettings(environment), undefined);
	return accessBy(all.flatMap((database) => doorsOf(database, mayBeThemselves ? database.sharing : [])));
}

test("with one URL each works as itself, and all of them open 28 connections at most", () => {
	const access = accessIn({ DATABASE_URL });

	const roles = ["users", "products", "cart", "orders", "payments", "events"] as const;
	const users = roles.map((role) => new URL(access.of(role).url).username);
	expect(users).toEqual(roles.map((role) => `shop_${role}`));
	expect(new URL(access.of("sandbox_provider").url).username).toBe("shop_sandbox_provider");
	expect(access.pools.map(({ address }) => address.connectionsMax)).toEqual([4, 5, 6, 6, 4, 3]);
});

test("a node of two services opens six for each at most", () => {
	const access = accessIn({ DATABASE_URL, AMQP_URL, SERVICES: "users,cart" });

	expect(access.pools.map(({ roles, address }) => [roles, address.connectionsMax])).toEqual([
		[["users"], 6],
		[["cart"], 6],
	]);
});

test("a node of one service opens six", () => {
	const access = accessIn({ DATABASE_URL, AMQP_URL, SERVICES: "payments" });

	expect(access.pools.map(({ roles, address }) => [roles, address.connectionsMax])).toEqual([[["payments"], 6]]);
	expect(() => access.of("orders")).toThrow("This node has no way to the schema of orders");
});

test("where the roles can't be had, all share ten connections of the URL's user", () => {
	const access = accessIn({ DATABASE_URL }, false);

	expect(access.pools.map(({ address }) => address)).toEqual([{ url: DATABASE_URL, connectionsMax: 10 }]);
	expect(access.of("sandbox_provider").url).toBe(DATABASE_URL);
});

test("a service with a URL of its own works as that URL's user, with six connections", () => {
	const access = accessIn({ ...OWN, AMQP_URL });

	expect(access.pools.map(({ variable, address }) => [variable, address])).toEqual(
		Object.entries(OWN).map(([variable, url]) => [variable, { url, connectionsMax: 6 }]),
	);
	expect(access.of("sandbox_provider").url).toBe(OWN.PAYMENTS_DATABASE_URL);
});

test("one service may have its own URL beside others that share one", () => {
	const access = accessIn({ DATABASE_URL, CART_DATABASE_URL: OWN.CART_DATABASE_URL });

	expect(access.of("cart").url).toBe(OWN.CART_DATABASE_URL);
	expect(new URL(access.of("orders").url).username).toBe("shop_orders");
});
