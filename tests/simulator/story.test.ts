import type { Command } from "../../simulator/shop/client";
import { hopsOf } from "../../simulator/shop/hops";
import { namesIn } from "../../simulator/shop/names";

const ORDER = "bc5da54e-2a00-4e06-82cd-723d975d5756";
const OTHER = "0f5da54e-2a00-4e06-82cd-723d975d1111";
const CART = "b3d81e5f-8b05-437d-8cfa-80e7730b2fc0";
const PRODUCT = "9004d521-9227-4516-9387-6d05262ead4a";

const command = (action: string, number: number, params: object, id: string): Command => ({
	action,
	params: params as Command["params"],
	who: { id: `00000000-0000-4000-9000-00000000000${number}`, role: number === 0 ? "ADMIN" : "CUSTOMER" },
	node: "n1",
	sentMs: 0,
	told: { kind: "done", answer: { id } },
	toldMs: 1,
});

const history = [
	command("products.create", 0, {}, PRODUCT),
	command("cart.addItem", 1, { productId: PRODUCT }, CART),
	command("cart.checkout", 1, { cartId: CART }, ORDER),
	command("cart.checkout", 2, {}, OTHER),
];

const lines = [
	"10 shopper 1 > n2 cart.checkout",
	"10 n2 #16 cart.insert_checkout [5756 2fc0 0001]",
	"10 n2 #18 cart.lock [1111]",
	"11 n2 #16 cart.outbox.append [a8b8 2fc0 5756]",
	"11 n2 #16 COMMIT",
	"12 n2 #18 ROLLBACK",
	`12     rabbitmq takes CartCheckoutInitiated v2 of ${CART} (a8b8) from n2 publishing`,
	`13     shopper 1 is told of cart.checkout: done ${ORDER}`,
	`13     shopper 2 is told of cart.checkout: done ${OTHER}`,
	"14 n1 #9 orders.insert [5756 0001 2fc0]",
	"14 n1 #9 orders.find [5756] alone",
	"14 FAULT kill of n1, for 300 ms",
	"15 n3 #20 orders.inbox.accept_all [a8b8]",
	"15 n3 #20 orders.insert [5756 0001 2fc0]",
	"15     #20 loses its connection before orders.saga.insert [5756]",
];

test("orders have letters, shoppers numbers, and events the names of what they are about", () => {
	const names = namesIn(lines, history);

	expect(["5756", "1111", "2fc0", "0001", "a8b8", "ad4a", "ffff"].map(names.of)).toEqual([
		"order A",
		"order B",
		"shopper 1's cart",
		"shopper 1",
		"CartCheckoutInitiated of shopper 1's cart",
		"product 1",
		undefined,
	]);
	expect(names.inWords(`I2: order ${ORDER} is PENDING`)).toBe("I2: order A is PENDING");
});

test("a story has the hops of the orders that something is wrong with, and the faults", () => {
	const names = namesIn(lines, history);

	const hops = hopsOf(lines, names, names.concerned([`I2: order ${ORDER} is PENDING`]));

	expect(hops.map(({ ms, text }) => `${ms} ${text}`)).toEqual([
		"10 shopper 1 asks n2 for cart.checkout",
		"11 n2 commits: accepts the checkout as order A, has to tell CartCheckoutInitiated of shopper 1's cart",
		"12 n2 has published CartCheckoutInitiated of shopper 1's cart, version 2",
		"13 shopper 1 is told of cart.checkout: done order A",
		"14 FAULT kill of n1, for 300 ms",
		"14 n1 had not committed: makes order A",
		"15 n3 loses its connection to PostgreSQL before orders.saga.insert is sent",
	]);
});

test("where nothing that is known is named, all is told", () => {
	const names = namesIn(lines, history);

	const hops = hopsOf(lines, names, names.concerned(["I1: something is wrong"]));

	expect(hops.map(({ text }) => text)).toContain("shopper 2 is told of cart.checkout: done order B");
	expect(hops.map(({ text }) => text)).toContain("n2 rolls back: locks order B");
});
