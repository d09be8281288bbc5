import type { OrderRow } from "./orders.model";
import { viewOf } from "./orders.view";

const line = { productId: "p", sku: "LAMP", name: "A lamp", quantity: 3, unitPrice: 1_250 };
const row = {
	id: "o",
	number: "M-1",
	userId: "u",
	cartId: "c",
	status: "CONFIRMED",
	paymentStatus: "CAPTURED",
	items: [line],
	total: 3_750,
	currency: "EUR",
	failureReason: null,
	shippingAddress: null,
	version: 4,
	createdAt: "2026-01-02T03:04:05.678Z",
	updatedAt: "2026-01-02T03:05:06.789Z",
} as unknown as OrderRow;

test("an order is shown with sums that name their money, and with its history", () => {
	const history = [{ status: "PENDING" as const, at: "2026-01-02T03:04:05.678Z", note: null }];

	const { currency, ...rest } = row;
	expect(viewOf(row, history)).toEqual({
		...rest,
		items: [{ ...line, unitPrice: { amount: 1_250, currency }, lineTotal: { amount: 3_750, currency } }],
		total: { amount: 3_750, currency },
		history,
	});
});
