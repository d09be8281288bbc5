import type { Pool } from "pg";
import type { HeardEvent } from "./auditor";
import { untold } from "./told";

const THINGS = [
	{
		key: "orders o1",
		what: "order o1 is CONFIRMED",
		life: "OrderPlaced OrderConfirmed ",
		says: { OrderConfirmed: { total: 300 } },
		last: {},
	},
	{
		key: "products o1",
		what: "the reservation of order o1 is EXPIRED",
		life: "(StockReserved StockReleased )*",
		says: { StockReserved: { items: [{ productId: "p1" }, { productId: "p2" }] } },
		last: { reason: "EXPIRED" },
	},
];
const CARTS = [
	{ cart: "c1", status: "CHECKED_OUT", checkouts: [{ orderId: "o1", userId: "u1", total: 300 }] },
	{ cart: "c2", status: "MERGED", checkouts: [] },
];
const PRODUCTS = [{ id: "p1", last: { price: 150 } }];

const database = {
	query: async (text: string) => ({
		rows: text.includes("FROM orders.orders") ? THINGS : text.includes("FROM cart.carts") ? CARTS : PRODUCTS,
	}),
} as unknown as Pick<Pool, "query">;

type Short = [key: string, type: string, data?: Record<string, unknown>, correlation_id?: unknown];

/** As they were told, each aggregate's in their order. */
const TOLD: Short[] = [
	["orders o1", "OrderPlaced"],
	["orders o1", "OrderConfirmed", { total: 300 }],
	["products o1", "StockReserved", { items: [{ productId: "p2" }, { productId: "p1" }] }],
	["products o1", "StockReleased", { reason: "EXPIRED" }],
	["cart c1", "CartCheckoutInitiated", { orderId: "o1", userId: "u1", total: 300 }],
	["cart c1", "CartCleared", { reason: "CHECKED_OUT" }],
	["cart c2", "CartCleared", { reason: "MERGED" }],
	["products p1", "ProductCreated", { price: 100 }],
	["products p1", "ProductUpdated", { price: 150 }],
];

const heardOf = (events: readonly Short[]): HeardEvent[] =>
	events.map(([key, event_type, data = {}, correlation_id = data["orderId"]], at) => {
		const [producer, aggregate_id] = key.split(" ");
		return {
			envelope: { event_id: `e${at}`, event_type, producer, aggregate_id, aggregate_version: at, correlation_id, data },
		} as unknown as HeardEvent;
	});

const at = (type: string): number => TOLD.findIndex(([, each]) => each === type);
const without = (type: string): Short[] => TOLD.toSpliced(at(type), 1);
const twice = (type: string): Short[] => [...TOLD, TOLD[at(type)]!];
const saying = (type: string, data: Record<string, unknown>): Short[] =>
	TOLD.with(at(type), [TOLD[at(type)]![0], type, data]);

test("where all was told as it was, nothing is wrong, also when it was told again", async () => {
	const heard = heardOf(TOLD);

	expect(await untold(database, heard)).toEqual([]);
	expect(await untold(database, [...heard, heard[1]!])).toEqual([]);
});

test.each<[what: string, told: Short[], fault: string]>([
	["an order that nobody hears is confirmed", without("OrderConfirmed"), "its events are OrderPlaced "],
	["one that is told as two events", twice("OrderConfirmed"), "OrderPlaced OrderConfirmed OrderConfirmed"],
	["another total than the order's", saying("OrderConfirmed", { total: 299 }), "says total 299, which is 300"],
	["stock that is reserved, and was given back", without("StockReleased"), "its events are StockReserved "],
	["other items than it holds", saying("StockReserved", { items: [{ productId: "p1" }] }), "says items"],
	["another reason than its last one", saying("StockReleased", { reason: "ORDER_FAILED" }), 'which is "EXPIRED"'],
	[
		"a checkout that is correlated with something else",
		TOLD.map((each) => [each[0], each[1], each[2], each[1] === "CartCheckoutInitiated" ? "a request" : undefined]),
		"CartCheckoutInitiated of order o1 is correlated with a request",
	],
	["a checkout that nobody hears of", without("CartCheckoutInitiated"), "was ordered 1 times"],
	[
		"a checkout with another total",
		saying("CartCheckoutInitiated", { orderId: "o1", userId: "u1", total: 1 }),
		"the checkout of cart c1",
	],
	["a cart that is never told to be empty", without("CartCleared"), "cart c1 is CHECKED_OUT"],
	["a product whose last price nobody hears", without("ProductUpdated"), "says price 100, which is 150"],
	["a product that is changed before it is there", without("ProductCreated"), "before it was created"],
])("%s is a fault", async (_what, told, fault) => {
	const [first = "", ...others] = await untold(database, heardOf(told));

	expect(first).toMatch(/^I4: /);
	expect([first, ...others].join("\n")).toContain(fault);
});
