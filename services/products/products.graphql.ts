/** GraphQL types of the products service. */
export const productsGraphQL = {
	type: /* GraphQL */ `
		type Category {
			id: ID!
			slug: String!
			name: String!
			parent: Category
			children: [Category!]!
		}
		"Available is what is on hand and not reserved."
		type Stock {
			onHand: Int!
			reserved: Int!
			available: Int!
		}
		type Product {
			id: ID!
			sku: String!
			slug: String!
			name: String!
			description: String!
			imageUrl: String
			price: Money!
			category: Category
			active: Boolean!
			availableQuantity: Int!
			"For administrators."
			stock: Stock!
			createdAt: DateTime!
			updatedAt: DateTime!
		}
		type ProductList {
			items: [Product!]!
			totalItems: Int!
		}
		enum ProductSort {
			NEWEST
			NAME_ASC
			PRICE_ASC
			PRICE_DESC
		}
	`,
	input: /* GraphQL */ `
		"Prices are in minor units. A category includes those below it."
		input ProductFilter {
			search: String
			categoryId: ID
			minPrice: Int
			maxPrice: Int
			inStock: Boolean
		}
		input CreateCategoryInput {
			name: String!
			slug: String!
			parentId: ID
		}
		input CreateProductInput {
			sku: String!
			name: String!
			description: String
			"Minor units: 1999 is 19.99."
			price: Int!
			categoryId: ID
			imageUrl: String
			initialStock: Int
		}
		input UpdateProductInput {
			sku: String
			name: String
			description: String
			"Minor units: 1999 is 19.99."
			price: Int
			categoryId: ID
			imageUrl: String
			"A product that is not active is shown to administrators only and can't be bought."
			active: Boolean
		}
	`,
	resolvers: {
		Product: {
			category: { action: "products.categoriesOf", dataLoader: true, rootParams: { categoryId: "ids" } },
			availableQuantity: { action: "products.available", dataLoader: true, rootParams: { id: "ids" } },
			stock: { action: "products.stock", dataLoader: true, rootParams: { id: "ids" } },
		},
		Category: {
			parent: { action: "products.categoriesOf", dataLoader: true, rootParams: { parentId: "ids" } },
			children: { action: "products.childrenOf", dataLoader: true, rootParams: { id: "ids" } },
		},
	},
};
