export interface DemoCategory {
	slug: string;
	name: string;
	/** The department's slug; a category without one is a department. */
	parent?: string;
}

export interface DemoProduct {
	/** Stays with the product for ever: the seed finds by it what it has already loaded. */
	sku: string;
	slug: string;
	name: string;
	description: string;
	/** The slug of a category below a department, never of the department itself. */
	category: string;
	/** In minor units of the shop's currency: 4900 is 49.00 in one with two decimals. */
	priceMinor: number;
	stock: number;
	imageUrl: string;
}

/** One department as its file tells it. Pictures are found by slug, so no file repeats their addresses. */
export interface DemoDepartment {
	categories: readonly DemoCategory[];
	products: readonly Omit<DemoProduct, "imageUrl">[];
}
