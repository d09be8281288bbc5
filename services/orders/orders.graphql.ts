/** What the orders service answers, by the names of its actions. */
export const ordersOperations = {
	list: {
		query: /* GraphQL */ `
			"One's own orders, the newest first; an administrator sees everybody's, but for \`mine\`."
			orders(
				"Only those in this state."
				status: OrderStatus
				"Only one's own, also for an administrator."
				mine: Boolean
				"How many are left out before the first; 10,000 at most."
				skip: Int = 0
				"How many are told; more than 100 are 100."
				take: Int = 20
			): OrderList!`,
	},
	get: {
		query: /* GraphQL */ `
			"One's own order, or for an administrator anybody's. From the checkout on it is always there."
			order("Which." id: ID!): Order`,
	},
	cancel: {
		mutation: /* GraphQL */ `
			"Cancels a CONFIRMED order that has not been shipped: it is refunded and restocked within seconds."
			cancelOrder("Which." id: ID!, "Why, for whoever reads its history; 500 characters at most." reason: String): Order!`,
	},
	ship: {
		mutation: /* GraphQL */ `
			"The parcel has left: nobody can cancel the order any more. For administrators."
			shipOrder("Which." id: ID!): Order!`,
	},
	deliver: {
		mutation: /* GraphQL */ `
			"The parcel has arrived. For administrators."
			deliverOrder("Which." id: ID!): Order!`,
	},
};

/** GraphQL types of the orders service. */
export const ordersGraphQL = {
	type: /* GraphQL */ `
		"PENDING, CART_VALIDATED, PAYMENT_PROCESSED, CONFIRMED is the way of a checkout; FAILED, COMPENSATED the way back."
		enum OrderStatus {
			"Accepted."
			PENDING
			"The stock is reserved."
			CART_VALIDATED
			"The payment is authorised."
			PAYMENT_PROCESSED
			"It is bought: from here on only a cancellation takes it back."
			CONFIRMED
			"Something was refused; what was done is being undone."
			FAILED
			"Everything is undone, and the shopper has the cart back."
			COMPENSATED
			"It was cancelled after it was confirmed."
			CANCELLED
			"The parcel has left."
			SHIPPED
			"The parcel has arrived."
			DELIVERED
		}
		"Where the money is."
		enum PaymentStatus {
			"Nobody has asked for it yet."
			NONE
			"It is held, and not taken."
			AUTHORIZED
			"It is taken."
			CAPTURED
			"It was held, and has been let go."
			VOIDED
			"It was taken, and has been given back."
			REFUNDED
			"The provider has said no."
			DECLINED
		}
		"One line, as it was bought."
		type OrderItem {
			"What was bought."
			productId: ID!
			"Its number then."
			sku: String!
			"Its name then."
			name: String!
			"How many."
			quantity: Int!
			"What one cost."
			unitPrice: Money!
			"What all of them cost."
			lineTotal: Money!
		}
		"A step in the life of an order."
		type OrderEvent {
			"What it became."
			status: OrderStatus!
			"When."
			at: DateTime!
			"Why, where there is more to say."
			note: String
		}
		"Where a parcel goes."
		type Address {
			"Who gets it."
			name: String!
			"Street and number."
			line1: String!
			"Floor, company and the like."
			line2: String
			"Town or city."
			city: String!
			"As the country writes it; empty where it has none."
			postalCode: String!
			"Its name or code."
			country: String!
		}
		"What was bought, and what became of it."
		type Order {
			"A UUID, made at the checkout."
			id: ID!
			"For people: short, and unique too."
			number: String!
			"Who has bought it."
			userId: ID!
			"The cart that it was. Not the id that opens a guest's."
			cartId: ID!
			"Where it stands."
			status: OrderStatus!
			"Where the money is."
			paymentStatus: PaymentStatus!
			"What was bought."
			items: [OrderItem!]!
			"What all of it costs."
			total: Money!
			"Why the checkout failed, e.g. OUT_OF_STOCK or PAYMENT_DECLINED."
			failureReason: String
			"Every state that it has been in, the first one first."
			history: [OrderEvent!]!
			"Where the parcel goes."
			shippingAddress: Address
			"When it was ordered."
			createdAt: DateTime!
			"When it has changed last."
			updatedAt: DateTime!
		}
		"A page of orders."
		type OrderList {
			"Those of this page."
			items: [Order!]!
			"How many there are on all pages."
			totalItems: Int!
		}
	`,
	subscription: [
		`"The current state at once, then every change; completes at CONFIRMED, COMPENSATED or any later state."
		orderStatus("Which." orderId: ID!): Order!`,
		`"The same, on to COMPENSATED, CANCELLED or DELIVERED."
		orderUpdated("Which." orderId: ID!): Order!`,
	],
};
