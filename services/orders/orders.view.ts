import type { Address } from "../address";
import type { OrderLine, OrderRow, OrderStatus, PaymentStatus } from "./orders.model";

interface Money {
	/** Minor units. */
	amount: number;
	currency: string;
}

/** What GraphQL calls OrderEvent. */
export interface HistoryEntry {
	status: OrderStatus;
	at: Date | string;
	note: string | null;
}

/** What GraphQL calls Order. `version` grows with each change: subscriptions go by it. */
export interface OrderView {
	id: string;
	number: string;
	userId: string;
	cartId: string;
	status: OrderStatus;
	paymentStatus: PaymentStatus;
	items: (Omit<OrderLine, "unitPrice"> & { unitPrice: Money; lineTotal: Money })[];
	total: Money;
	failureReason: string | null;
	history: HistoryEntry[];
	shippingAddress: Address | null;
	version: number;
	createdAt: Date | string;
	updatedAt: Date | string;
}

export function viewOf(row: OrderRow, history: HistoryEntry[]): OrderView {
	const { id, number, userId, cartId, status, paymentStatus, currency, failureReason, shippingAddress, version } = row;
	return {
		id,
		number,
		userId,
		cartId,
		status,
		paymentStatus,
		items: row.items.map((line) => lineView(line, currency)),
		total: { amount: row.total, currency },
		failureReason,
		history,
		shippingAddress,
		version,
		createdAt: row.createdAt,
		updatedAt: row.updatedAt,
	};
}

function lineView(
	{ productId, sku, name, quantity, unitPrice }: OrderLine,
	currency: string,
): OrderView["items"][number] {
	return {
		productId,
		sku,
		name,
		quantity,
		unitPrice: { amount: unitPrice, currency },
		lineTotal: { amount: unitPrice * quantity, currency },
	};
}
