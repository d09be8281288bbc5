/** What the cart service answers, by the names of its actions. */
export const cartOperations = {
	get: {
		query: /* GraphQL */ `
			"A guest's cart by its id; without one the caller's own, null where there is none yet."
			cart("A guest's cart, or one's own." id: ID): Cart`,
	},
	beingOrdered: {
		query: /* GraphQL */ `
			"One's own carts whose orders are not through yet, the newest first; 20 at most."
			cartsBeingOrdered: [Cart!]!`,
	},
	addItem: {
		mutation: /* GraphQL */ `
			"Puts some of a product into a cart, beside what is there of it. INSUFFICIENT_STOCK where there is less."
			addToCart("What, and into which cart." input: AddToCartInput!): Cart!`,
	},
	updateItem: {
		mutation: /* GraphQL */ `
			"Sets how many of a product there are in a cart."
			updateCartItem("Which line, and how many." input: UpdateCartItemInput!): Cart!`,
	},
	removeItem: {
		mutation: /* GraphQL */ `
			"Takes a product out of a cart."
			removeFromCart("Which line." input: RemoveFromCartInput!): Cart!`,
	},
	clear: {
		mutation: /* GraphQL */ `
			"Takes everything out of a cart."
			clearCart("Which." cartId: ID!): Cart!`,
	},
	acceptChanges: {
		mutation: /* GraphQL */ `
			"Takes the new prices, and lowers or removes what is not there any more."
			acceptCartChanges("The cart whose problems were seen." cartId: ID!): Cart!`,
	},
	checkout: {
		mutation: /* GraphQL */ `
			"Orders a cart. Answers as soon as the order is safe, whatever state it has reached; orderStatus follows it."
			checkout("What, how it is paid and where it goes." input: CheckoutInput!): Order!`,
	},
};

/** GraphQL types of the cart service. */
export const cartGraphQL = {
	type: /* GraphQL */ `
		"What may be done with a cart."
		enum CartStatus {
			"It can be changed and ordered."
			ACTIVE
			"It is being ordered, and comes back if that fails."
			CHECKING_OUT
			"It has become an order."
			CHECKED_OUT
		}
		"unitPrice is what the shopper saw when the line was added."
		type CartItem {
			"As it is now; null where it is not there any more."
			product: Product
			"What is bought."
			productId: ID!
			"The product's name."
			name: String!
			"How many."
			quantity: Int!
			"For one of them."
			unitPrice: Money!
			"For all of them."
			lineTotal: Money!
		}
		"What has changed since a line was added."
		enum CartProblemCode {
			"There is none left."
			OUT_OF_STOCK
			"There are fewer than the line wants."
			INSUFFICIENT_STOCK
			"It costs something else now."
			PRICE_CHANGED
			"It is no longer sold."
			PRODUCT_UNAVAILABLE
		}
		"Something about a line that has changed; acceptCartChanges mends all of them."
		type CartProblem {
			"What it is, for programs."
			code: CartProblemCode!
			"Whose line it is about."
			productId: ID!
			"What it is, for people, in English."
			message: String!
			"What the shopper saw; of PRICE_CHANGED."
			oldPrice: Money
			"What it costs now; of PRICE_CHANGED."
			newPrice: Money
			"How many there are; of OUT_OF_STOCK and INSUFFICIENT_STOCK."
			availableQuantity: Int
		}
		"A guest's cart is opened by its id, so keep that to yourself."
		type Cart {
			"A UUID."
			id: ID!
			"Grows with each change; give it to checkout to order exactly what was seen."
			version: Int!
			"What may be done with it."
			status: CartStatus!
			"100 lines at most, one for each product, in the order in which they were added."
			items: [CartItem!]!
			"Of all lines, by the prices that the shopper saw."
			total: Money!
			"What has changed since it was filled."
			problems: [CartProblem!]!
			"The order that it is becoming, or has become; null while it is ACTIVE."
			orderId: ID
			"When it was changed last."
			updatedAt: DateTime!
		}
	`,
	input: /* GraphQL */ `
		"Some of a product, for a cart."
		input AddToCartInput {
			"Without it: the caller's own cart, or a new guest's cart."
			cartId: ID
			"What."
			productId: ID!
			"How many more; 1 at least."
			quantity: Int!
		}
		"A line of a cart as it should be."
		input UpdateCartItemInput {
			"Which cart."
			cartId: ID!
			"Which line."
			productId: ID!
			"0 removes the line."
			quantity: Int!
		}
		"A line of a cart that should go."
		input RemoveFromCartInput {
			"Which cart."
			cartId: ID!
			"Which line."
			productId: ID!
		}
		"Where a parcel goes."
		input AddressInput {
			"Who gets it."
			name: String!
			"Street and number."
			line1: String!
			"Floor, company and the like."
			line2: String
			"Town or city."
			city: String!
			"As the country writes it; some countries have none."
			postalCode: String
			"Its name or code."
			country: String!
		}
		"An order to be."
		input CheckoutInput {
			"What is bought."
			cartId: ID!
			"The version that was seen: CART_CHANGED where there is another one by now."
			cartVersion: Int
			"The same key answers with the same order, however often it is sent."
			idempotencyKey: String!
			"What the payment provider gave the front end for the shopper's card."
			paymentToken: String!
			"Where the parcel goes."
			shippingAddress: AddressInput
		}
	`,
	resolvers: {
		CartItem: {
			product: { action: "products.resolve", dataLoader: true, rootParams: { productId: "ids" } },
		},
	},
};
