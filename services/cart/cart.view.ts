export type CartStatus = "ACTIVE" | "CHECKING_OUT" | "CHECKED_OUT" | "MERGED";

interface Money {
	/** Minor units. */
	amount: number;
	currency: string;
}

export type CartProblemCode = "OUT_OF_STOCK" | "INSUFFICIENT_STOCK" | "PRICE_CHANGED" | "PRODUCT_UNAVAILABLE";

/** What GraphQL calls CartProblem: something about a line that has changed since the shopper saw it. */
export interface CartProblem {
	code: CartProblemCode;
	productId: string;
	message: string;
	oldPrice?: Money;
	newPrice?: Money;
	availableQuantity?: number;
}

/** What GraphQL calls Cart. */
export interface CartView {
	id: string;
	version: number;
	status: CartStatus;
	items: { productId: string; name: string; quantity: number; unitPrice: Money; lineTotal: Money }[];
	total: Money;
	problems: CartProblem[];
	/** The order that it is becoming, or has become. */
	orderId: string | null;
	updatedAt: Date;
}

/** A cart, as in the table `cart.carts`. */
export interface CartRow {
	id: string;
	/** Its name in events and logs. */
	reference: string;
	userId: string | null;
	status: CartStatus;
	version: number;
	updatedAt: Date;
}

/** A line, as in the table `cart.items`, with what the cart has heard of the product since. */
export interface ItemRow {
	productId: string;
	sku: string;
	name: string;
	/** Minor units, as the shopper saw it. */
	unitPrice: number;
	quantity: number;
	/** Minor units, as it is now. */
	currentPrice: number;
	active: boolean;
}

/** What a cart is beside its row. */
export interface CartContents {
	items: readonly ItemRow[];
	problems: CartProblem[];
	orderId: string | null;
}

export function viewOf(cart: CartRow, { items, problems, orderId }: CartContents, currency: string): CartView {
	const money = (amount: number): Money => ({ amount, currency });
	return {
		id: cart.id,
		version: cart.version,
		status: cart.status,
		items: items.map(({ productId, name, quantity, unitPrice }) => ({
			productId,
			name,
			quantity,
			unitPrice: money(unitPrice),
			lineTotal: money(unitPrice * quantity),
		})),
		total: money(totalOf(items)),
		problems,
		orderId,
		updatedAt: cart.updatedAt,
	};
}

export function totalOf(items: readonly Pick<ItemRow, "unitPrice" | "quantity">[]): number {
	return items.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0);
}
