/** GraphQL types of the orders service. */
export const ordersGraphQL = {
	type: /* GraphQL */ `
		"PENDING, CART_VALIDATED, PAYMENT_PROCESSED, CONFIRMED is the way of a checkout; FAILED, COMPENSATED the way back."
		enum OrderStatus {
			PENDING
			CART_VALIDATED
			PAYMENT_PROCESSED
			CONFIRMED
			FAILED
			COMPENSATED
			CANCELLED
			SHIPPED
			DELIVERED
		}
		enum PaymentStatus {
			NONE
			AUTHORIZED
			CAPTURED
			VOIDED
			REFUNDED
			DECLINED
		}
		"One line, as it was bought."
		type OrderItem {
			productId: ID!
			sku: String!
			name: String!
			quantity: Int!
			unitPrice: Money!
			lineTotal: Money!
		}
		type OrderEvent {
			status: OrderStatus!
			at: DateTime!
			note: String
		}
		type Address {
			name: String!
			line1: String!
			line2: String
			city: String!
			postalCode: String!
			country: String!
		}
		type Order {
			id: ID!
			"For people: short, and unique too."
			number: String!
			userId: ID!
			cartId: ID!
			status: OrderStatus!
			paymentStatus: PaymentStatus!
			items: [OrderItem!]!
			total: Money!
			"Why the checkout failed, e.g. OUT_OF_STOCK or PAYMENT_DECLINED."
			failureReason: String
			history: [OrderEvent!]!
			shippingAddress: Address
			createdAt: DateTime!
			updatedAt: DateTime!
		}
		type OrderList {
			items: [Order!]!
			totalItems: Int!
		}
	`,
	subscription: [
		`"The current state at once, then every change; completes at CONFIRMED, COMPENSATED or any later state."
		orderStatus(orderId: ID!): Order!`,
		`"The same, on to COMPENSATED, CANCELLED or DELIVERED."
		orderUpdated(orderId: ID!): Order!`,
	],
};
