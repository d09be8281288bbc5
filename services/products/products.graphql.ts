import { stockOperations, stockResolvers, stockTypes } from "./stock.graphql";

/** What the products service answers, by the names of its actions. */
export const productsOperations = {
	...stockOperations,
	list: {
		query: /* GraphQL */ `
			"A page of the catalogue; administrators see also what is not active."
			products(
				"Which; all of them without it."
				filter: ProductFilter
				"In which order; the newest first without it."
				sort: ProductSort
				"How many are left out before the first; 10,000 at most."
				skip: Int = 0
				"How many are told; more than 100 are 100."
				take: Int = 20
			): ProductList!`,
	},
	countByCategory: {
		query: /* GraphQL */ `
			"How many of these products each category has, for a list of filters beside the products."
			productFacets("Which; all of them without it." filter: ProductFilter): [CategoryFacet!]!`,
	},
	get: {
		query: /* GraphQL */ `
			"One product; what is not active is there for administrators alone."
			product("Which." id: ID!): Product`,
	},
	create: {
		mutation: /* GraphQL */ `
			"Puts a product into the catalogue. For administrators."
			createProduct("What." input: CreateProductInput!): Product!`,
	},
	update: {
		mutation: /* GraphQL */ `
			"Changes some of a product, or withdraws it. For administrators."
			updateProduct("Which." id: ID!, "What changes; the rest stays." input: UpdateProductInput!): Product!`,
	},
	categories: {
		query: /* GraphQL */ `
			"All categories, by their names."
			categories: [Category!]!`,
	},
	createCategory: {
		mutation: /* GraphQL */ `
			"Adds a category. For administrators."
			createCategory("What, and below which." input: CreateCategoryInput!): Category!`,
	},
};

/** GraphQL types of the products service. */
export const productsGraphQL = {
	type: [
		stockTypes,
		/* GraphQL */ `
			"A shelf of the catalogue. Categories lie in each other."
			type Category {
				"A UUID."
				id: ID!
				"Its name in addresses: lower case, with hyphens."
				slug: String!
				"For people."
				name: String!
				"The one that it lies in."
				parent: Category
				"Those that lie in it, by their names."
				children: [Category!]!
			}
			"Something that is sold."
			type Product {
				"A UUID."
				id: ID!
				"Its number in the warehouse: unique, for people."
				sku: String!
				"Its name in addresses. Not unique: the id leads to it."
				slug: String!
				"For people."
				name: String!
				"Plain text; may be empty."
				description: String!
				"A picture: a path of the shop, or an https address."
				imageUrl: String
				"What one costs."
				price: Money!
				"The shelf that it lies on."
				category: Category
				"What is not active can't be bought, and only administrators see it."
				active: Boolean!
				"How many can be bought, as of a moment ago. A checkout decides by the stock itself."
				availableQuantity: Int!
				"For administrators."
				stock: Stock!
				"When it came into the catalogue."
				createdAt: DateTime!
				"When it was changed last; its stock does not count."
				updatedAt: DateTime!
			}
			"A page of products."
			type ProductList {
				"Those of this page."
				items: [Product!]!
				"How many there are on all pages."
				totalItems: Int!
			}
			"How many of the products that were asked for are in a category, those below it left out."
			type CategoryFacet {
				"Which category."
				category: Category!
				"How many products lie on it directly."
				count: Int!
			}
			"In which order products are told. What is alike is in the order of the ids."
			enum ProductSort {
				"The newest first."
				NEWEST
				"By name, from A to Z."
				NAME_ASC
				"The cheapest first."
				PRICE_ASC
				"The dearest first."
				PRICE_DESC
			}
		`,
	],
	input: /* GraphQL */ `
		"All of it has to be true. Prices are in minor units. A category includes those below it."
		input ProductFilter {
			"Words of the name, number or description. A small typing mistake does no harm."
			search: String
			"On this shelf, or on one in it."
			categoryId: ID
			"This price or more."
			minPrice: Int
			"This price or less."
			maxPrice: Int
			"True: only what can be bought now; false: only what can't."
			inStock: Boolean
		}
		"A new category."
		input CreateCategoryInput {
			"For people; 200 characters at most."
			name: String!
			"For addresses: lower case, digits and hyphens; unique."
			slug: String!
			"The one that it lies in; none: at the top."
			parentId: ID
		}
		"A new product."
		input CreateProductInput {
			"Its number in the warehouse; unique, 64 characters at most."
			sku: String!
			"For people; 200 characters at most."
			name: String!
			"Plain text; 5,000 characters at most."
			description: String
			"Minor units: 1999 is 19.99."
			price: Int!
			"The shelf that it lies on."
			categoryId: ID
			"A picture: a path of the shop, or an https address; 2,000 characters at most."
			imageUrl: String
			"How many there are from the beginning; none without it, 2,147,483,647 at most."
			initialStock: Int
		}
		"What changes of a product; what is left out stays, and null takes away a description, category or picture."
		input UpdateProductInput {
			"Its number in the warehouse; unique, 64 characters at most."
			sku: String
			"For people; 200 characters at most."
			name: String
			"Plain text; 5,000 characters at most."
			description: String
			"Minor units: 1999 is 19.99."
			price: Int
			"The shelf that it lies on."
			categoryId: ID
			"A picture: a path of the shop, or an https address; 2,000 characters at most."
			imageUrl: String
			"A product that is not active is shown to administrators only and can't be bought."
			active: Boolean
		}
	`,
	resolvers: {
		Product: {
			category: { action: "products.categoriesOf", dataLoader: true, rootParams: { categoryId: "ids" } },
			availableQuantity: { action: "products.availableShown", dataLoader: true, rootParams: { id: "ids" } },
			stock: { action: "products.stock", dataLoader: true, rootParams: { id: "ids" } },
		},
		CategoryFacet: {
			category: { action: "products.categoriesOf", dataLoader: true, rootParams: { categoryId: "ids" } },
		},
		...stockResolvers,
		Category: {
			parent: { action: "products.categoriesOf", dataLoader: true, rootParams: { parentId: "ids" } },
			children: { action: "products.childrenOf", dataLoader: true, rootParams: { id: "ids" } },
		},
	},
};
