/** From here on a shopper who waits may find it gone. */
const LOW_STOCK = 3;

export interface StockLabel {
	label: string;
	level: "" | "low" | "sold-out";
}

export function stockOf(available: number): StockLabel {
	if (available <= 0) return { label: "Sold out", level: "sold-out" };
	if (available <= LOW_STOCK) return { label: `Only ${available} left`, level: "low" };
	return { label: "In stock", level: "" };
}
