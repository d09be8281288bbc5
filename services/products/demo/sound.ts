import type { DemoDepartment } from "./department";

/** For voices, records and long evenings. */
export const sound: DemoDepartment = {
	categories: [
		{ slug: "sound", name: "Sound" },
		{ slug: "headphones-and-radios", name: "Headphones and radios", parent: "sound" },
		{ slug: "hi-fi", name: "Hi-fi", parent: "sound" },
	],
	products: [
		{
			sku: "SND-1001",
			slug: "over-ear-headphones",
			name: "Over-ear Headphones",
			description:
				"Light enough to forget, with pads that come off for washing. Thirty hours on a charge, and a cable for the day it runs out.",
			category: "headphones-and-radios",
			priceMinor: 27900,
			stock: 24,
		},
		{
			sku: "SND-1002",
			slug: "transistor-radio",
			name: "Transistor Radio",
			description:
				"One dial, two knobs and a handle. A speaker that is kind to voices, and a battery that lasts the summer.",
			category: "headphones-and-radios",
			priceMinor: 15900,
			stock: 10,
		},
		{
			sku: "SND-2001",
			slug: "bookshelf-speakers",
			name: "Bookshelf Speakers, Pair",
			description:
				"Walnut boxes no taller than a cookbook. Give them a hand's breadth from the wall and they sound twice their size.",
			category: "hi-fi",
			priceMinor: 49900,
			stock: 6,
		},
		{
			sku: "SND-2002",
			slug: "belt-drive-turntable",
			name: "Belt-drive Turntable",
			description:
				"A heavy platter, a quiet motor and an arm that arrives already balanced. Plays at 33 and 45, and repeats only when you ask.",
			category: "hi-fi",
			priceMinor: 89900,
			stock: 4,
		},
	],
};
