import type { DemoDepartment } from "./department";

/** For a bed, a balcony or a window sill. */
export const garden: DemoDepartment = {
	categories: [
		{ slug: "garden", name: "Garden" },
		{ slug: "garden-tools", name: "Tools", parent: "garden" },
		{ slug: "pots-seeds-and-birds", name: "Pots, seeds and birds", parent: "garden" },
	],
	products: [
		{
			sku: "GDN-1001",
			slug: "zinc-watering-can",
			name: "Zinc Watering Can",
			description:
				"Five litres, balanced so that it pours from the wrist. The rose unscrews when you want a stream and not a shower.",
			category: "garden-tools",
			priceMinor: 6200,
			stock: 20,
		},
		{
			sku: "GDN-1002",
			slug: "hand-trowel",
			name: "Hand Trowel",
			description:
				"Forged from one piece of steel, with a handle of ash. Keen enough for roots, and marked in centimetres for bulbs.",
			category: "garden-tools",
			priceMinor: 2900,
			stock: 48,
		},
		{
			sku: "GDN-1003",
			slug: "bypass-secateurs",
			name: "Bypass Secateurs",
			description:
				"Cuts green wood as thick as a thumb without crushing it. Blade, spring and catch can be changed at the kitchen table.",
			category: "garden-tools",
			priceMinor: 7600,
			stock: 15,
		},
		{
			sku: "GDN-2001",
			slug: "terracotta-pot",
			name: "Terracotta Pot, 16 cm",
			description:
				"Fired hot enough to stay outside all winter. The wide rim is easy to grip and looks better with every year of moss.",
			category: "pots-seeds-and-birds",
			priceMinor: 1600,
			stock: 110,
		},
		{
			sku: "GDN-2002",
			slug: "tomato-seeds",
			name: "Tomato Seeds, Cœur de Bœuf",
			description:
				"Ribbed, late and worth the wait: one slice covers the bread. Some forty seeds, saved last autumn from our own plants.",
			category: "pots-seeds-and-birds",
			priceMinor: 650,
			stock: 180,
		},
		{
			sku: "GDN-2003",
			slug: "larch-nest-box",
			name: "Larch Nest Box",
			description:
				"Rough-sawn boards, a 32 mm door and a roof that lifts for cleaning. Hang it facing north-east and it is let by spring.",
			category: "pots-seeds-and-birds",
			priceMinor: 4800,
			stock: 3,
		},
	],
};
