import { inWords } from "../ui/money";
import type { CartProblem } from "./cart";

export function problemInWords({ code, availableQuantity, oldPrice, newPrice, message }: CartProblem): string {
	switch (code) {
		case "PRICE_CHANGED":
			return oldPrice && newPrice ? `Price changed: ${inWords(oldPrice)} → ${inWords(newPrice)}` : message;
		case "INSUFFICIENT_STOCK":
			return `Only ${availableQuantity} left`;
		case "OUT_OF_STOCK":
			return "Sold out meanwhile";
		case "PRODUCT_UNAVAILABLE":
			return "No longer sold";
	}
}
