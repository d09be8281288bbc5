import type { DemoDepartment } from "./department";

/** Lamps, pendants and candles. */
export const light: DemoDepartment = {
	categories: [
		{ slug: "light", name: "Light" },
		{ slug: "lamps", name: "Lamps", parent: "light" },
		{ slug: "pendants", name: "Pendants", parent: "light" },
		{ slug: "candles-and-lanterns", name: "Candles and lanterns", parent: "light" },
	],
	products: [
		{
			sku: "LGT-1001",
			slug: "halden-desk-lamp",
			name: "Halden Desk Lamp",
			description:
				"Two sprung arms and a head that stays exactly where you leave it. The coral enamel is baked on, so it wipes clean for decades.",
			category: "lamps",
			priceMinor: 14900,
			stock: 14,
		},
		{
			sku: "LGT-1002",
			slug: "porcini-table-lamp",
			name: "Porcini Table Lamp",
			description:
				"A squat, friendly lamp that dims when you press its cap. It sends the light down onto the table and keeps it out of your eyes.",
			category: "lamps",
			priceMinor: 11900,
			stock: 22,
		},
		{
			sku: "LGT-1003",
			slug: "soby-globe-lamp",
			name: "Søby Globe Lamp",
			description:
				"Opal glass on a block of oiled oak, the size of a grapefruit. Bright enough to read by, soft enough to leave on.",
			category: "lamps",
			priceMinor: 8900,
			stock: 31,
		},
		{
			sku: "LGT-1004",
			slug: "heron-floor-lamp",
			name: "Heron Floor Lamp",
			description:
				"Three ash legs and a linen shade, as tall as a reader's shoulder. The switch is a pull cord, because that is nicer.",
			category: "lamps",
			priceMinor: 38900,
			stock: 2,
		},
		{
			sku: "LGT-2001",
			slug: "kiln-pendant",
			name: "Kiln Pendant",
			description:
				"Thrown by hand and dipped twice, so no two glaze lines match. Hang it low over the table and it makes a room within the room.",
			category: "pendants",
			priceMinor: 21900,
			stock: 8,
		},
		{
			sku: "LGT-2002",
			slug: "papier-pendant",
			name: "Papier Pendant, Ø 45 cm",
			description:
				"Mulberry paper over bamboo ribs, folded flat for the post. It opens in a minute and asks for no tools.",
			category: "pendants",
			priceMinor: 6400,
			stock: 17,
		},
		{
			sku: "LGT-3001",
			slug: "storm-lantern",
			name: "Storm Lantern",
			description:
				"Burns for twenty hours on one filling and shrugs off the wind. No battery, and every part of it can be bought again.",
			category: "candles-and-lanterns",
			priceMinor: 7200,
			stock: 26,
		},
		{
			sku: "LGT-3002",
			slug: "beeswax-tapers",
			name: "Beeswax Tapers, Set of Six",
			description:
				"Dipped in pairs and still joined at the wick, the way they leave the vat. They smell faintly of honey and hardly drip.",
			category: "candles-and-lanterns",
			priceMinor: 2400,
			stock: 60,
		},
		{
			sku: "LGT-3003",
			slug: "enamel-chamberstick",
			name: "Enamel Chamberstick",
			description:
				"A saucer, a socket and a ring for your finger: all it takes to carry a candle upstairs. The rim is dipped in sea green.",
			category: "candles-and-lanterns",
			priceMinor: 2950,
			stock: 19,
		},
	],
};
