import type { Command, Told, Who } from "../../simulator/shop/client";
import { brokenAnswers } from "../../simulator/shop/history";
import type { Records } from "../../simulator/shop/records";

const ADA: Who = { id: "ada", role: "CUSTOMER" };
const CLERK: Who = { id: "clerk", role: "ADMIN" };
const UNKNOWN: Told = { kind: "unknown", reason: "no answer in time" };
const done = (answer: unknown = {}): Told => ({ kind: "done", answer });
const refused = (code: string): Told => ({ kind: "refused", code });

function asked(who: Who, action: string, params: object, told: Told | undefined): Command {
	return { action, params: { ...params }, who, node: "n1", sentMs: 0, told, toldMs: 1 };
}

const money = (amount: number) => ({ amount });
const CART = done({ items: [{ productId: "lamp", unitPrice: money(500) }] });
const orderAnswer = (id = "o1", quantity = 2) =>
	done({ id, total: money(quantity * 500), items: [{ productId: "lamp", quantity, unitPrice: money(500) }] });
const add = (told: Told | undefined, key = "item", quantity = 2): Command =>
	asked(ADA, "cart.addItem", { productId: "lamp", quantity, idempotencyKey: key }, told);
const checkOut = (told: Told | undefined, key = "checkout"): Command =>
	asked(ADA, "cart.checkout", { cartId: "c1", idempotencyKey: key }, told);
const cancel = (told: Told): Command => asked(ADA, "orders.cancel", { id: "o1" }, told);
const restock = (told: Told): Command => asked(CLERK, "products.adjustStock", { productId: "lamp", delta: 3 }, told);

const LINE = { productId: "lamp", quantity: 2, unitPrice: 500 };
const order = (change: object = {}) => ({ orderId: "o1", userId: "ada", items: [LINE], total: 1_000, ...change });

/** A shop in which Ada has bought two lamps. */
function shopWith(change: Partial<Records> = {}): Records {
	return {
		keys: [{ userId: "ada", key: "checkout", orderId: "o1" }],
		checkouts: [order()],
		orders: [{ ...order(), status: "CONFIRMED", failureReason: null }],
		inCarts: [{ userId: "ada", productId: "lamp", quantity: 2 }],
		products: [{ productId: "lamp", price: 500, active: true, timesAdjusted: 0, adjustedBy: 0 }],
		...change,
	};
}
const NOTHING = shopWith({ keys: [], checkouts: [], orders: [] });
const ordered = (change: object): Records =>
	shopWith({ orders: [{ ...order(), status: "CONFIRMED", failureReason: null, ...change }] });

test("whoever was told the truth has nothing to complain of", () => {
	const history = [add(UNKNOWN), add(CART), checkOut(UNKNOWN), checkOut(orderAnswer()), checkOut(orderAnswer())];

	expect(brokenAnswers(history, shopWith())).toEqual([]);
});

test.each([
	["is not there", NOTHING, "was accepted as o1, and is not there"],
	["never reached orders", shopWith({ orders: [] }), "is not in orders.orders"],
	["is somebody else's", ordered({ userId: "eve" }), "of ada is eve's in orders.orders"],
	["has more than the cart", ordered({ items: [{ ...LINE, quantity: 4 }], total: 2_000 }), "the shopper added 2"],
	["has less than the cart", ordered({ items: [], total: 0 }), "has 0 of product lamp"],
	["has two lines of one product", ordered({ items: [LINE, LINE], total: 2_000 }), "on two lines"],
	["has a price that was not shown", ordered({ items: [{ ...LINE, unitPrice: 900 }], total: 1_800 }), "never saw"],
	["is added up wrongly", ordered({ total: 999 }), "comes to 999 in orders.orders, its lines to 1000"],
])("an accepted checkout whose order %s breaks its word", (_, records, fault) => {
	expect(brokenAnswers([add(CART), checkOut(orderAnswer())], records).join("\n")).toContain(fault);
});

test("a checkout of which nobody knows is there once or not at all", () => {
	const history = [add(CART), checkOut(UNKNOWN), checkOut(undefined)];

	expect(brokenAnswers(history, NOTHING)).toEqual([]);
	expect(brokenAnswers(history, shopWith())).toEqual([]);
	expect(brokenAnswers(history, shopWith({ checkouts: [order(), order({ orderId: "o2" })] }))).toEqual([
		"I6: nobody has asked for the checkout of order o2",
	]);
});

test("a refused checkout made no order, not even by an attempt whose answer got lost", () => {
	const history = [add(CART), checkOut(UNKNOWN), checkOut(refused("CART_NOT_ACTIVE"))];

	expect(brokenAnswers(history, NOTHING)).toEqual([]);
	expect(brokenAnswers(history, shopWith())).toEqual([
		'I6: the checkout "checkout" was refused (CART_NOT_ACTIVE), and became the order o1',
	]);
});

test("every answer to one key names the same order", () => {
	const history = [add(CART), checkOut(orderAnswer()), checkOut(orderAnswer("o2"))];

	expect(brokenAnswers(history, shopWith())).toEqual([
		'I6: the checkout "checkout" was answered with several orders: o1, o2',
		'I6: the checkout "checkout" was answered with o2, and is o1',
	]);
});

test("what a guest has put in is the user's once they have signed in, and nobody's where they have not", () => {
	const asGuest: Command = { ...add(CART, "by a guest"), who: { ...ADA, role: "GUEST" } };
	const join = (told: Told): Command => asked({ ...ADA, role: "GUEST" }, "cart.joinGuest", { cartId: "g1" }, told);
	const nobodys = { userId: null, productId: "lamp", quantity: 2 };

	expect(brokenAnswers([asGuest, join(done())], NOTHING)).toEqual([]);
	expect(brokenAnswers([asGuest, join(UNKNOWN)], { ...NOTHING, inCarts: [nobodys] })).toEqual([]);
	expect(brokenAnswers([asGuest, join(done())], { ...NOTHING, inCarts: [nobodys] })).toEqual([
		"I6: the cart of ada has 0 of product lamp, the shopper added 2",
	]);
});

test("what was put in after the checkout is no part of its order, and in a cart", () => {
	const history = [add(CART), checkOut(orderAnswer()), add(CART, "later item of ada", 1)];
	const inCarts = [{ userId: "ada", productId: "lamp", quantity: 3 }];

	expect(brokenAnswers(history, shopWith({ inCarts }))).toEqual([]);
	expect(brokenAnswers(history, shopWith())).toHaveLength(1);
});

test("an answer shows the order as it is", () => {
	const broken = brokenAnswers([add(CART), checkOut(orderAnswer("o1", 3))], shopWith());

	expect(broken[0]).toBe("I6: order o1 was answered as 3 × lamp for 500, and is 2 × lamp for 500 in cart.checkouts");
});

test("an order that comes from no checkout is nobody's", () => {
	const records = shopWith({
		orders: [...shopWith().orders, { ...order({ orderId: "o2" }), status: "PENDING", failureReason: null }],
	});

	expect(brokenAnswers([add(CART), checkOut(orderAnswer())], records)).toEqual(["I6: order o2 comes from no checkout"]);
});

test.each([
	["was added once, however often it was asked for", [add(UNKNOWN), add(CART), add(CART)], 2, []],
	["that was told of is there", [add(CART)], 0, ["I6: the cart of ada has 0 of product lamp, the shopper added 2"]],
	["is not added twice", [add(CART), add(CART)], 4, ["I6: the cart of ada has 4 of product lamp, the shopper added 2"]],
	[
		"that was refused is not there",
		[add(refused("INSUFFICIENT_STOCK"))],
		2,
		["I6: the cart of ada has 2 of product lamp, the shopper added 0"],
	],
	["of which nobody knows may be there", [add(CART), add(UNKNOWN, "another", 5)], 7, []],
	["of which nobody knows may be missing", [add(CART), add(UNKNOWN, "another", 5)], 2, []],
	[
		"of which nobody knows is there whole",
		[add(UNKNOWN, "another", 5)],
		9,
		["I6: the cart of ada has 9 of product lamp, the shopper added 0 to 5"],
	],
])("an item %s", (_, history, quantity, broken) => {
	const inCarts = quantity === 0 ? [] : [{ userId: "ada", productId: "lamp", quantity }];

	expect(brokenAnswers(history, { ...NOTHING, inCarts })).toEqual(broken);
});

test.each([
	["accepted", done(), "CANCELLED", []],
	["accepted", done(), "CONFIRMED", ["I6: order o1 was cancelled, as its shopper was told, and is CONFIRMED"]],
	["refused", refused("ORDER_NOT_CANCELLABLE"), "CANCELLED", ["I6: order o1 is CANCELLED, which was refused"]],
	["of which nobody knows", UNKNOWN, "CANCELLED", []],
	["of which nobody knows", UNKNOWN, "CONFIRMED", []],
] as [string, Told, string, string[]][])(
	"a cancellation %s (%j), and then the order is %s",
	(_, told: Told, status, broken) => {
		const history = [add(CART), checkOut(orderAnswer()), cancel(told)];

		expect(brokenAnswers(history, ordered({ status }))).toEqual(broken);
	},
);

test.each([
	[["ship"], "SHIPPED", []],
	[["ship", "deliver"], "DELIVERED", []],
	[["ship"], "CONFIRMED", ["I6: order o1 was shipped, as its clerk was told, and is CONFIRMED"]],
	[["ship", "deliver"], "SHIPPED", ["I6: order o1 was delivered, as its clerk was told, and is SHIPPED"]],
	[["ship"], "DELIVERED", ["I6: order o1 is DELIVERED, and nobody has delivered it"]],
	[[], "SHIPPED", ["I6: order o1 is SHIPPED, and nobody has shipped it"]],
])("what clerks have done to a parcel (%j), and then the order is %s", (acts, status, broken) => {
	const parcel = acts.map((act) => asked(CLERK, `orders.${act}`, { id: "o1" }, done()));

	expect(brokenAnswers([add(CART), checkOut(orderAnswer()), ...parcel], ordered({ status }))).toEqual(broken);
});

test("a cancellation that was repeated may be refused for being done", () => {
	const history = [add(CART), checkOut(orderAnswer()), cancel(UNKNOWN), cancel(refused("ORDER_NOT_CANCELLABLE"))];

	expect(brokenAnswers(history, ordered({ status: "CANCELLED" }))).toEqual([]);
});

test.each([
	["done", done(), 1, 3, true],
	["done", done(), 0, 0, false],
	["done", done(), 2, 6, false],
	["refused", refused("CONFLICT"), 1, 3, false],
	["unknown", UNKNOWN, 0, 0, true],
	["unknown", UNKNOWN, 1, 3, true],
	["unknown", UNKNOWN, 2, 6, false],
])("a restock that is %s %s, changed %s times by %s, is kept: %s", (_, told, timesAdjusted, adjustedBy, isKept) => {
	const products = [{ productId: "lamp", price: 500, active: true, timesAdjusted, adjustedBy }];

	expect(brokenAnswers([restock(told)], { ...NOTHING, inCarts: [], products })).toHaveLength(isKept ? 0 : 1);
});

test("a product that was withdrawn is not sold, and has the price that it was given", () => {
	const change = (params: object) => asked(CLERK, "products.update", { id: "lamp", ...params }, done());

	expect(brokenAnswers([change({ price: 900 }), change({ active: false })], { ...NOTHING, inCarts: [] })).toEqual([
		"I6: product lamp got a new price, as its clerk was told, and costs 500",
		"I6: product lamp was withdrawn, as its clerk was told, and is sold",
	]);
});
