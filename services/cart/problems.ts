import type { CartProblem, ItemRow } from "./cart.view";

/** What stands in the way of a checkout: the price or the product is not what the shopper saw. */
export function changesIn(items: readonly ItemRow[], currency: string): CartProblem[] {
	return items.flatMap((item): CartProblem[] => {
		const { productId, name, unitPrice, currentPrice } = item;
		if (!item.active) {
			return [{ code: "PRODUCT_UNAVAILABLE", productId, message: `${name} is no longer sold` }];
		}
		if (unitPrice === currentPrice) return [];
		const oldPrice = { amount: unitPrice, currency };
		const newPrice = { amount: currentPrice, currency };
		return [{ code: "PRICE_CHANGED", productId, message: `The price of ${name} has changed`, oldPrice, newPrice }];
	});
}

/** What the shopper should know; the reservation decides, not this. `available` is by product. */
export function shortagesIn(items: readonly ItemRow[], available: ReadonlyMap<string, number>): CartProblem[] {
	return items.flatMap(({ productId, name, quantity }): CartProblem[] => {
		const availableQuantity = available.get(productId);
		if (availableQuantity === undefined || availableQuantity >= quantity) return [];
		if (availableQuantity <= 0) {
			return [{ code: "OUT_OF_STOCK", productId, message: `${name} is sold out`, availableQuantity: 0 }];
		}
		const message = `Only ${availableQuantity} of ${name} left`;
		return [{ code: "INSUFFICIENT_STOCK", productId, message, availableQuantity }];
	});
}
