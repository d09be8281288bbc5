import type { DemoDepartment } from "./department";

/** What a desk and the shelf above it need. */
export const study: DemoDepartment = {
	categories: [
		{ slug: "study", name: "Study" },
		{ slug: "writing", name: "Writing", parent: "study" },
		{ slug: "desk-tools", name: "Desk tools", parent: "study" },
		{ slug: "books", name: "Books", parent: "study" },
	],
	products: [
		{
			sku: "STU-1001",
			slug: "brass-fountain-pen",
			name: "Brass Fountain Pen",
			description:
				"Turned from one bar of brass, which darkens where your fingers rest. Comes with a fine nib and a converter for bottled ink.",
			category: "writing",
			priceMinor: 8500,
			stock: 16,
		},
		{
			sku: "STU-1002",
			slug: "cedar-pencils",
			name: "Cedar Pencils, Box of Twelve",
			description:
				"From 4H to 6B, in incense cedar that sharpens without splintering. The box slides open and stands up as a pencil pot.",
			category: "writing",
			priceMinor: 1400,
			stock: 140,
		},
		{
			sku: "STU-1003",
			slug: "bottled-ink",
			name: "Bottled Ink, Bleu Nuit",
			description:
				"A blue that goes down almost black and dries with a hint of violet. The bottle is squat on purpose: it is hard to tip over.",
			category: "writing",
			priceMinor: 1900,
			stock: 54,
		},
		{
			sku: "STU-1004",
			slug: "clothbound-notebook",
			name: "Clothbound Notebook",
			description:
				"Sewn, so it lies flat at any page, and numbered, so you find things again. 192 dotted pages that take ink without bleeding.",
			category: "writing",
			priceMinor: 2600,
			stock: 95,
		},
		{
			sku: "STU-2001",
			slug: "paper-shears",
			name: "Paper Shears",
			description:
				"Long blades for one clean cut across the sheet. The rings are dipped in coral, so the drawer never swallows them.",
			category: "desk-tools",
			priceMinor: 3400,
			stock: 25,
		},
		{
			sku: "STU-2002",
			slug: "tape-dispenser",
			name: "Tape Dispenser",
			description: "A kilo of cast iron, so one hand is enough. The blade sits deep, out of the reach of sleeves.",
			category: "desk-tools",
			priceMinor: 4200,
			stock: 30,
		},
		{
			sku: "STU-2003",
			slug: "flip-clock",
			name: "Flip Clock",
			description:
				"Once a minute a leaf falls with a small, satisfying click. Runs for a year on one battery and never glows at night.",
			category: "desk-tools",
			priceMinor: 11200,
			stock: 11,
		},
		{
			sku: "STU-2004",
			slug: "natural-rubber-eraser",
			name: "Natural Rubber Eraser",
			description:
				"Lifts graphite off thin paper and leaves no shine. Made from tree rubber, in a sleeve that keeps your fingers clean.",
			category: "desk-tools",
			priceMinor: 500,
			stock: 250,
		},
		{
			sku: "STU-3001",
			slug: "the-soup-year",
			name: "The Soup Year",
			description:
				"Fifty-two soups, one a week, in the order in which the vegetables arrive. Written by a cook who hates washing up.",
			category: "books",
			priceMinor: 2800,
			stock: 41,
		},
		{
			sku: "STU-3002",
			slug: "night-trains",
			name: "Night Trains",
			description:
				"Forty routes that leave at dusk and end at breakfast, with maps to fall asleep over. It even says which side to book.",
			category: "books",
			priceMinor: 3200,
			stock: 28,
		},
		{
			sku: "STU-3003",
			slug: "a-field-guide-to-chairs",
			name: "A Field Guide to Chairs",
			description:
				"How to tell a Windsor from a ladderback across a crowded room. Two hundred drawings, and a chapter on sitting.",
			category: "books",
			priceMinor: 3600,
			stock: 19,
		},
		{
			sku: "STU-3004",
			slug: "jardins-d-hiver",
			name: "Jardins d'hiver",
			description:
				"Winter gardens of the north, photographed on the coldest days of the year. The text is in French and English.",
			category: "books",
			priceMinor: 4500,
			stock: 7,
		},
	],
};
