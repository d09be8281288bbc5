import { storyOf } from "../../public/src/cart/frozen-words";
import type { OrderStatus, PaymentStatus } from "../../public/src/graphql/documents";
import { reasonInWords, undone } from "../../public/src/orders/failure-words";
import { paymentInWords } from "../../public/src/orders/payment-words";
import type { OrderState, Reader } from "../../public/src/orders/reader";
import { stationsOf } from "../../public/src/orders/stations";

const WAY: OrderStatus[] = ["PENDING", "CART_VALIDATED", "PAYMENT_PROCESSED", "CONFIRMED"];

/** How an order gets to each of its states. */
const PATHS: Record<OrderStatus, OrderStatus[]> = {
	PENDING: WAY.slice(0, 1),
	CART_VALIDATED: WAY.slice(0, 2),
	PAYMENT_PROCESSED: WAY.slice(0, 3),
	CONFIRMED: WAY,
	SHIPPED: [...WAY, "SHIPPED"],
	DELIVERED: [...WAY, "SHIPPED", "DELIVERED"],
	CANCELLED: [...WAY, "CANCELLED"],
	FAILED: [...WAY.slice(0, 3), "FAILED"],
	COMPENSATED: [...WAY.slice(0, 3), "FAILED", "COMPENSATED"],
};
const STATUSES = Object.keys(PATHS) as OrderStatus[];
const PAYMENTS: PaymentStatus[] = ["NONE", "AUTHORIZED", "CAPTURED", "VOIDED", "REFUNDED", "DECLINED"];
const PAIRS = STATUSES.flatMap((status) => PAYMENTS.map((paymentStatus): OrderState => ({ status, paymentStatus })));
const BOUGHT = new Set<OrderStatus>(["CONFIRMED", "SHIPPED", "DELIVERED"]);

/** All that an order's page says of it as it stands; what is still ahead is not said yet. */
function sayings(order: OrderState, reader: Reader): string {
	const history = PATHS[order.status].map((status) => ({ status, at: "2026-01-01T12:00:00.000Z", note: null }));
	const stations = stationsOf({ ...order, history }, reader)
		.filter(({ state }) => state === "done" || state === "failed")
		.flatMap(({ name, meaning }) => [name, meaning]);
	const failed = order.status === "COMPENSATED" ? undone({ ...order, history }, reader) : [];
	return [...stations, ...failed, paymentInWords(order, reader)].join(" ");
}

describe("what an order's page says", () => {
	test.each(PAIRS)("claims the goods only of what is bought: $status, $paymentStatus", (order) => {
		expect(/\bit is (yours|the customer's)/i.test(sayings(order, "customer"))).toBe(BOUGHT.has(order.status));
		expect(/\bit is (yours|the customer's)/i.test(sayings(order, "operator"))).toBe(BOUGHT.has(order.status));
	});

	test.each(PAIRS)("claims a payment only where it is taken: $status, $paymentStatus", (order) => {
		const said = sayings(order, "customer");

		const claimsTaken = /payment is taken|\bpaid\b(?! yet)/i.test(said);
		expect(claimsTaken).toBe(
			order.paymentStatus === "CAPTURED" && order.status !== "CANCELLED" && order.status !== "FAILED",
		);
		expect(/nothing was taken|no money was taken/i.test(said)).toBe(
			["VOIDED", "DECLINED"].includes(order.paymentStatus) ||
				(order.paymentStatus === "NONE" && ["CANCELLED", "FAILED", "COMPENSATED"].includes(order.status)) ||
				(order.status === "COMPENSATED" && order.paymentStatus === "AUTHORIZED"),
		);
	});

	test.each(PAIRS)(
		"says that money has gone back, or a hold is released, only once it is: $status, $paymentStatus",
		(order) => {
			const said = sayings(order, "customer");

			expect(/has gone back/.test(said)).toBe(order.paymentStatus === "REFUNDED");
			expect(/is released/.test(said)).toBe(order.paymentStatus === "VOIDED");
			expect(/bank holds|is held|still held/.test(said)).toBe(order.paymentStatus === "AUTHORIZED");
			if (order.paymentStatus !== "AUTHORIZED" && order.paymentStatus !== "CAPTURED") return;
			expect(/everything undone/i.test(said)).toBe(false);
		},
	);

	test.each(PAIRS)(
		"speaks to an operator of the customer, and never of the operator: $status, $paymentStatus",
		(order) => {
			expect(sayings(order, "operator")).not.toMatch(/\byou(rs?)?\b/i);
		},
	);

	test("speaks to an operator of the customer also where it says why an order failed", () => {
		const reasons = ["OUT_OF_STOCK", "PRICE_CHANGED", "PRODUCT_UNAVAILABLE", "PAYMENT_DECLINED", "TIMED_OUT", null];

		for (const reason of reasons) expect(reasonInWords(reason, "operator")).not.toMatch(/\byou(rs?)?\b/i);
	});

	test.each(PAIRS)("agrees with what the cart's page says of it: $status, $paymentStatus", (order) => {
		const { heading, words } = storyOf(order);

		expect(/is ordered/.test(heading)).toBe(BOUGHT.has(order.status));
		expect(/is yours\./.test(words)).toBe(BOUGHT.has(order.status));
		expect(/\bpaid\.|payment is taken/i.test(words)).toBe(
			BOUGHT.has(order.status) && order.paymentStatus === "CAPTURED",
		);
		expect(/is back in your cart/.test(words)).toBe(order.status === "COMPENSATED");
	});
});
