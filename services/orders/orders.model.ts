import { DataTypes } from "sequelize";
import type { Model } from "../../mixins/database/database.mixin";
import type { Address } from "../address";

export type OrderStatus =
	| "PENDING"
	| "CART_VALIDATED"
	| "PAYMENT_PROCESSED"
	| "CONFIRMED"
	| "FAILED"
	| "COMPENSATED"
	| "CANCELLED"
	| "SHIPPED"
	| "DELIVERED";

export type PaymentStatus = "NONE" | "AUTHORIZED" | "CAPTURED" | "VOIDED" | "REFUNDED" | "DECLINED";

/** One line as it was bought. */
export interface OrderLine {
	productId: string;
	sku: string;
	name: string;
	quantity: number;
	/** Minor units. */
	unitPrice: number;
}

/** An order, as in the table `orders.orders`. */
export interface OrderRow {
	id: string;
	number: string;
	userId: string;
	cartId: string;
	status: OrderStatus;
	paymentStatus: PaymentStatus;
	items: OrderLine[];
	/** Minor units. */
	total: number;
	currency: string;
	failureReason: string | null;
	shippingAddress: Address | null;
	version: number;
	createdAt: Date;
	updatedAt: Date;
}

export const order: Model = {
	name: "order",
	define: {
		id: { type: DataTypes.UUID, primaryKey: true },
		number: DataTypes.TEXT,
		userId: DataTypes.UUID,
		cartId: DataTypes.UUID,
		status: DataTypes.TEXT,
		paymentStatus: DataTypes.TEXT,
		items: DataTypes.JSONB,
		total: DataTypes.BIGINT,
		currency: DataTypes.CHAR(3),
		failureReason: DataTypes.TEXT,
		shippingAddress: DataTypes.JSONB,
		version: DataTypes.INTEGER,
	},
	options: { schema: "orders", tableName: "orders" },
};
