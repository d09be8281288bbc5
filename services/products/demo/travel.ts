import type { DemoDepartment } from "./department";

/** Bags, and what goes in them. */
export const travel: DemoDepartment = {
	categories: [
		{ slug: "travel", name: "Travel" },
		{ slug: "bags", name: "Bags", parent: "travel" },
		{ slug: "on-the-way", name: "On the way", parent: "travel" },
	],
	products: [
		{
			sku: "TRV-1001",
			slug: "roll-top-rucksack",
			name: "Roll-top Rucksack",
			description:
				"Waxed canvas that rolls down for the office and up for the market. Two pockets outside, one inside, and nothing that dangles.",
			category: "bags",
			priceMinor: 16800,
			stock: 18,
		},
		{
			sku: "TRV-1002",
			slug: "weekend-holdall",
			name: "Weekend Holdall",
			description:
				"Takes two shirts, a book and a pair of boots, and fits the rack of any train. The handles are harness leather, sewn by hand.",
			category: "bags",
			priceMinor: 24500,
			stock: 1,
		},
		{
			sku: "TRV-1003",
			slug: "cabin-suitcase",
			name: "Cabin Suitcase",
			description:
				"A ribbed shell that takes knocks, and wheels that take cobbles. Every part that can break is held by a screw.",
			category: "bags",
			priceMinor: 32900,
			stock: 13,
		},
		{
			sku: "TRV-2001",
			slug: "vacuum-flask",
			name: "Vacuum Flask, 750 ml",
			description:
				"Tea poured at seven is still hot at lunch. The lid is the cup, and the loop is there for the climb.",
			category: "on-the-way",
			priceMinor: 3600,
			stock: 67,
		},
		{
			sku: "TRV-2002",
			slug: "everyday-umbrella",
			name: "Everyday Umbrella",
			description:
				"Eight fibreglass ribs that bend in a gust and spring back. The crook is steamed beech and hangs on any table.",
			category: "on-the-way",
			priceMinor: 5900,
			stock: 46,
		},
		{
			sku: "TRV-2003",
			slug: "pocket-compass",
			name: "Pocket Compass",
			description:
				"Filled with oil, with a needle that settles in two seconds. It closes like a watch and needs no signal.",
			category: "on-the-way",
			priceMinor: 4500,
			stock: 23,
		},
	],
};
