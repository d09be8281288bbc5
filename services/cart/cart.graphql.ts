/** GraphQL types of the cart service. */
export const cartGraphQL = {
	type: /* GraphQL */ `
		enum CartStatus {
			ACTIVE
			CHECKING_OUT
			CHECKED_OUT
		}
		"unitPrice is what the shopper saw when the line was added."
		type CartItem {
			product: Product
			productId: ID!
			name: String!
			quantity: Int!
			unitPrice: Money!
			lineTotal: Money!
		}
		enum CartProblemCode {
			OUT_OF_STOCK
			INSUFFICIENT_STOCK
			PRICE_CHANGED
			PRODUCT_UNAVAILABLE
		}
		"Something about a line that has changed; acceptCartChanges mends all of them."
		type CartProblem {
			code: CartProblemCode!
			productId: ID!
			message: String!
			oldPrice: Money
			newPrice: Money
			availableQuantity: Int
		}
		"A guest's cart is opened by its id, so keep that to yourself."
		type Cart {
			id: ID!
			"Grows with each change; give it to checkout to order exactly what was seen."
			version: Int!
			status: CartStatus!
			items: [CartItem!]!
			total: Money!
			problems: [CartProblem!]!
			updatedAt: DateTime!
		}
	`,
	input: /* GraphQL */ `
		input AddToCartInput {
			"Without it: the caller's own cart, or a new guest's cart."
			cartId: ID
			productId: ID!
			quantity: Int!
		}
		input UpdateCartItemInput {
			cartId: ID!
			productId: ID!
			"0 removes the line."
			quantity: Int!
		}
		input RemoveFromCartInput {
			cartId: ID!
			productId: ID!
		}
		input AddressInput {
			name: String!
			line1: String!
			line2: String
			city: String!
			postalCode: String!
			country: String!
		}
		input CheckoutInput {
			cartId: ID!
			cartVersion: Int
			"The same key answers with the same order, however often it is sent."
			idempotencyKey: String!
			paymentToken: String!
			shippingAddress: AddressInput
		}
	`,
	resolvers: {
		CartItem: {
			product: { action: "products.resolve", dataLoader: true, rootParams: { productId: "ids" } },
		},
	},
};
