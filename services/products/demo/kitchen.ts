import type { DemoDepartment } from "./department";

/** For the hob, the table and the first coffee. */
export const kitchen: DemoDepartment = {
	categories: [
		{ slug: "kitchen", name: "Kitchen" },
		{ slug: "coffee-and-tea", name: "Coffee and tea", parent: "kitchen" },
		{ slug: "cookware", name: "Cookware", parent: "kitchen" },
		{ slug: "tableware", name: "Tableware", parent: "kitchen" },
	],
	products: [
		{
			sku: "KIT-1001",
			slug: "moka-pot",
			name: "Moka Pot for Three",
			description:
				"Three small cups in four minutes, on any hob but induction. Rinse it, never soap it, and it gets better every year.",
			category: "coffee-and-tea",
			priceMinor: 3800,
			stock: 44,
		},
		{
			sku: "KIT-1002",
			slug: "pour-over-set",
			name: "Pour-over Set",
			description:
				"A ribbed dripper that sits snugly on its own glass jug. Forty paper filters come along, enough to find your recipe.",
			category: "coffee-and-tea",
			priceMinor: 5400,
			stock: 27,
		},
		{
			sku: "KIT-1003",
			slug: "hand-coffee-grinder",
			name: "Hand Coffee Grinder",
			description:
				"Steel burrs, a beech box and a drawer that catches the last of the grounds. Forty turns make one good cup.",
			category: "coffee-and-tea",
			priceMinor: 9600,
			stock: 12,
		},
		{
			sku: "KIT-1004",
			slug: "kyusu-teapot",
			name: "Kyūsu Teapot",
			description:
				"The side handle lets you pour with a turn of the wrist. The clay is left bare inside and slowly learns your favourite tea.",
			category: "coffee-and-tea",
			priceMinor: 12800,
			stock: 0,
		},
		{
			sku: "KIT-2001",
			slug: "cocotte-foret",
			name: "Cocotte Forêt, 4 L",
			description:
				"Enamelled cast iron that goes from the hob to the oven to the table. Under its heavy lid, a tough cut turns tender by itself.",
			category: "cookware",
			priceMinor: 18900,
			stock: 9,
		},
		{
			sku: "KIT-2002",
			slug: "carbon-steel-pan",
			name: "Carbon-steel Pan, 28 cm",
			description:
				"Quick to heat, and nothing sticks once you have fried in it for a month. We season it first, so your first egg slides too.",
			category: "cookware",
			priceMinor: 6800,
			stock: 33,
		},
		{
			sku: "KIT-2003",
			slug: "chefs-knife",
			name: "Chef's Knife Nº 8",
			description:
				"Twenty centimetres of carbon steel that take an edge like nothing stainless. Dry it after use and it will outlive the board.",
			category: "cookware",
			priceMinor: 13400,
			stock: 3,
		},
		{
			sku: "KIT-2004",
			slug: "olive-wood-board",
			name: "Olive-wood Board",
			description:
				"Sawn from one plank, so the grain runs through it like weather. Big enough for bread and cheese, small enough for the sofa.",
			category: "cookware",
			priceMinor: 5800,
			stock: 21,
		},
		{
			sku: "KIT-3001",
			slug: "cafe-au-lait-bowl",
			name: "Café au Lait Bowl",
			description:
				"Wide enough for a croissant, and warm in both hands. Its three stripes are brushed on while the wheel is turning.",
			category: "tableware",
			priceMinor: 1800,
			stock: 80,
		},
		{
			sku: "KIT-3002",
			slug: "stoneware-mug",
			name: "Stoneware Mug",
			description:
				"Dipped by hand to just below the handle, then fired until it rings. Holds a proper 350 ml and minds no dishwasher.",
			category: "tableware",
			priceMinor: 2200,
			stock: 72,
		},
		{
			sku: "KIT-3003",
			slug: "bedside-carafe",
			name: "Bedside Carafe",
			description:
				"The tumbler is the lid, so the water stays fresh until morning. Blown thin enough to be pretty, thick enough for sleepy hands.",
			category: "tableware",
			priceMinor: 3200,
			stock: 38,
		},
	],
};
