/** What the products service answers about stock, by the names of its actions. All of it is for administrators. */
export const stockOperations = {
	adjustStock: {
		mutation: /* GraphQL */ `
			"Adds to what is on hand or takes from it, never below what is reserved nor above 2,147,483,647. For administrators."
			adjustStock(
				"Of which product."
				productId: ID!
				"How many more; fewer where it is negative."
				delta: Int!
				"Why, for whoever reads the movements; 500 characters at most."
				reason: String
			): Stock!`,
	},
	movements: {
		query: /* GraphQL */ `
			"Every change of a product's stock, the newest first. For administrators."
			stockMovements(
				"Of which product."
				productId: ID!
				"How many are left out before the first; 10,000 at most."
				skip: Int = 0
				"How many are told; more than 100 are 100."
				take: Int = 20
			): StockMovementList!`,
	},
	reservations: {
		query: /* GraphQL */ `
			"Who holds how many of a product right now. For administrators."
			stockReservations(
				"Of which product."
				productId: ID!
				"How many are left out before the first; 10,000 at most."
				skip: Int = 0
				"How many are told; more than 100 are 100."
				take: Int = 20
			): StockReservationList!`,
	},
};

/** GraphQL types of the stock. */
export const stockTypes = /* GraphQL */ `
	"Available is what is on hand and not reserved."
	type Stock {
		"What there is in the warehouse."
		onHand: Int!
		"What orders hold that are not settled yet."
		reserved: Int!
		"What can be bought."
		available: Int!
	}
	"Why a product's stock has changed."
	enum StockMovementKind {
		"The product is new."
		OPENED
		"An administrator has counted, or had some delivered."
		ADJUSTED
		"An order holds some."
		RESERVED
		"What an order held was given back, as it took too long."
		EXPIRED
		"An order holds again what had expired."
		RESERVED_AGAIN
		"What an order held was given back, as it came to nothing."
		RELEASED
		"What an order held has left."
		SOLD
		"What was sold has come back, as the order was cancelled."
		RESTOCKED
	}
	"One change of a product's stock. All of them add up to what it has now."
	type StockMovement {
		"In the order in which they happened."
		id: ID!
		"Why."
		kind: StockMovementKind!
		"By how much what is on hand has changed."
		onHandChange: Int!
		"By how much what is reserved has changed."
		reservedChange: Int!
		"The order that it was for."
		orderId: ID
		"That order; null also while orders can't be asked."
		order: Order
		"The administrator, where a person did it."
		userId: ID
		"That administrator; null also while accounts can't be asked."
		user: User
		"What the administrator said, or why an order gave it back."
		reason: String
		"When."
		at: DateTime!
	}
	"A page of movements."
	type StockMovementList {
		"Those of this page."
		items: [StockMovement!]!
		"How many there are on all pages."
		totalItems: Int!
	}
	"What an order holds of a product."
	type StockReservation {
		"Which order."
		orderId: ID!
		"That order; null while orders can't be asked."
		order: Order
		"How many."
		quantity: Int!
		"When they were reserved."
		since: DateTime!
		"Null once the order is about to be confirmed: from then on nothing takes it away."
		expiresAt: DateTime
	}
	"A page of reservations."
	type StockReservationList {
		"Those of this page."
		items: [StockReservation!]!
		"How many there are on all pages."
		totalItems: Int!
	}
`;

export const stockResolvers = {
	StockMovement: {
		order: { action: "orders.resolve", dataLoader: true, rootParams: { orderId: "ids" }, nullIfError: true },
		user: { action: "users.resolve", dataLoader: true, rootParams: { userId: "ids" }, nullIfError: true },
	},
	StockReservation: {
		order: { action: "orders.resolve", dataLoader: true, rootParams: { orderId: "ids" }, nullIfError: true },
	},
};
