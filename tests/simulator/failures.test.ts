import { planOf, type Plan } from "../../simulator/shop/plan";
import { turnedAwayWithoutReason, type Visit } from "../../simulator/shop/failures";

const shopper = {
	atMs: 0,
	items: [{ product: 0, quantity: 2 }],
	paymentToken: "tok_approve",
	patienceMs: 1_000,
	atOnce: 1,
};

/** Ada and Bob want two lamps each, and there are so many. */
function visit(
	change: Partial<Omit<Visit, "plan">> & { stock?: number; token?: string; plan?: Partial<Plan> } = {},
): Visit {
	const { stock = 4, token = "tok_approve", plan, ...rest } = change;
	const both = [{ ...shopper, paymentToken: token }, shopper];
	return {
		shoppers: both.map((each, at) => ({ who: { id: ["ada", "bob"][at]! }, plan: each })),
		products: ["lamp"],
		orders: [],
		history: [],
		...rest,
		plan: { ...planOf(1), shoppers: both, products: [{ price: 500, stock }], clerks: [], faults: [], ...plan },
	};
}
const failed = (failureReason: string | null): Visit["orders"] => [
	{
		orderId: "o1",
		userId: "ada",
		items: [{ productId: "lamp", quantity: 2, unitPrice: 500 }],
		total: 1_000,
		status: "COMPENSATED",
		failureReason,
	},
];
const refused = (action: string, code: string): Visit["history"] => [
	{
		action,
		params: { productId: "lamp", quantity: 2 },
		who: { id: "ada", role: "CUSTOMER" },
		node: "n1",
		sentMs: 0,
		told: { kind: "refused", code },
		toldMs: 1,
	},
];
const withdrawn = { clerks: [{ atMs: 0, act: "withdraw" as const, product: 0 }] };
const repriced = { clerks: [{ atMs: 0, act: "reprice" as const, product: 0 }] };
const brief = { reservationTtlS: 3 };
const passing = [{ kind: "rabbitmq closes connections" as const, node: 0, fromStep: 0, forMs: 300 }];
const slow = { faults: [{ kind: "freeze" as const, node: 0, fromStep: 0, forMs: 5_000 }] };

test.each<[string, Visit, Visit]>([
	["PAYMENT_DECLINED", visit({ token: "tok_decline" }), visit()],
	["INSUFFICIENT_FUNDS", visit({ token: "tok_insufficient_funds" }), visit({ token: "tok_decline" })],
	["PAYMENT_UNAVAILABLE", visit({ token: "tok_down" }), visit({ token: "tok_error_once" })],
	["OUT_OF_STOCK", visit({ stock: 3 }), visit({ stock: 4 })],
	["PRODUCT_UNAVAILABLE", visit({ plan: withdrawn }), visit({ plan: repriced })],
	["PRICE_CHANGED", visit({ plan: repriced }), visit({ plan: withdrawn })],
	["PAYMENT_UNAVAILABLE", visit({ token: "tok_error_once", plan: brief }), visit({ plan: brief })],
	[
		"PAYMENT_UNAVAILABLE",
		visit({ token: "tok_slow", plan: { ...brief, ...slow } }),
		visit({ token: "tok_slow", plan: { ...brief, faults: passing } }),
	],
	["TIMED_OUT", visit({ plan: slow }), visit()],
	["TIMED_OUT", visit({ token: "tok_slow", plan: brief }), visit({ plan: brief })],
	["TIMED_OUT", visit({ plan: { ...brief, faults: passing } }), visit({ plan: { faults: passing } })],
])("an order that fails because of %s has this reason, or the shop is wrong", (reason, so, notSo) => {
	expect(turnedAwayWithoutReason({ ...so, orders: failed(reason) })).toEqual([]);
	expect(turnedAwayWithoutReason({ ...notSo, orders: failed(reason) })).toEqual([
		expect.stringContaining(`failed because of ${reason}, and nothing is so`),
	]);
});

test("an order that fails because of the shop's own mistakes has no reason", () => {
	const orders = failed("WRONG_PAYMENT_STATUS");

	expect(turnedAwayWithoutReason(visit({ orders, stock: 1, plan: slow }))).toHaveLength(1);
});

test("an order that did not fail needs no reason", () => {
	expect(turnedAwayWithoutReason(visit({ orders: failed(null) }))).toEqual([]);
});

test.each<[string, string, Visit, Visit]>([
	["cart.addItem", "INSUFFICIENT_STOCK", visit({ stock: 3 }), visit({ stock: 4 })],
	["cart.addItem", "NOT_FOUND", visit({ plan: withdrawn }), visit()],
])("a shopper is refused %s because of %s where that is so", (action, code, so, notSo) => {
	expect(turnedAwayWithoutReason({ ...so, history: refused(action, code) })).toEqual([]);
	expect(turnedAwayWithoutReason({ ...notSo, history: refused(action, code) })).toEqual([
		`Refused: ${action} by ada because of ${code}, and nothing is so`,
	]);
});

test("nobody is refused a checkout because of a stock that is there", () => {
	expect(turnedAwayWithoutReason(visit({ history: refused("cart.checkout", "OUT_OF_STOCK") }))).toHaveLength(1);
});
