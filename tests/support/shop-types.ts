/** What the shop's GraphQL answers, as far as the journeys look at it. */
export interface Money {
	/** Minor units. */
	amount: number;
	currency: string;
}

/** Somebody with an account, signed in. */
export interface Account {
	id: string;
	email: string;
	password: string;
	name: string;
	/** For the header Authorization. */
	token: string;
	refreshToken: string;
}

export interface Product {
	id: string;
	sku: string;
	name: string;
	price: Money;
}

/** What a shopper wants of a product. */
export interface Wish {
	product: Pick<Product, "id">;
	quantity: number;
}

export interface Cart {
	id: string;
	version: number;
	status: string;
	items: { productId: string; name: string; quantity: number; unitPrice: Money; lineTotal: Money }[];
	total: Money;
	problems: CartProblem[];
}

export interface CartProblem {
	code: string;
	productId: string;
	oldPrice: Money | null;
	newPrice: Money | null;
	availableQuantity: number | null;
}

export interface Address {
	name: string;
	line1: string;
	line2?: string | null;
	city: string;
	postalCode: string;
	country: string;
}

export interface Order {
	id: string;
	number: string;
	userId: string;
	cartId: string;
	status: string;
	paymentStatus: string;
	items: { productId: string; sku: string; name: string; quantity: number; unitPrice: Money; lineTotal: Money }[];
	total: Money;
	failureReason: string | null;
	history: { status: string; at: string; note: string | null }[];
	shippingAddress: Address | null;
	createdAt: string;
	updatedAt: string;
}

/** An order with the one who may look at it. */
export type PlacedOrder = Order & { by: Account };

export interface Stock {
	onHand: number;
	reserved: number;
	available: number;
}

export const CART_FIELDS = `id version status updatedAt total { amount currency }
	items { productId name quantity unitPrice { amount currency } lineTotal { amount currency } }
	problems { code productId message availableQuantity oldPrice { amount currency } newPrice { amount currency } }`;

export const ORDER_FIELDS = `id number userId cartId status paymentStatus failureReason createdAt updatedAt
	total { amount currency } history { status at note }
	items { productId sku name quantity unitPrice { amount currency } lineTotal { amount currency } }
	shippingAddress { name line1 line2 city postalCode country }`;

/** Nothing but a cancellation or a parcel moves these on. */
export const SETTLED_STATUSES = ["CONFIRMED", "COMPENSATED", "CANCELLED", "SHIPPED", "DELIVERED"];
