// Made from the operations in this folder and the gateway's schema: npm run web:types. Not for editing.

/** An operation as text, with the types of its answer and its variables; those exist for the compiler alone. */
export interface Document<Result, Variables> {
	readonly text: string;
	readonly types?: (variables: Variables) => Result;
}


export type CartProblemCode = "INSUFFICIENT_STOCK" | "OUT_OF_STOCK" | "PRICE_CHANGED" | "PRODUCT_UNAVAILABLE";

export type OrderStatus = "CANCELLED" | "CART_VALIDATED" | "COMPENSATED" | "CONFIRMED" | "DELIVERED" | "FAILED" | "PAYMENT_PROCESSED" | "PENDING" | "SHIPPED";

export type PaymentStatus = "AUTHORIZED" | "CAPTURED" | "DECLINED" | "NONE" | "REFUNDED" | "VOIDED";

export interface RegisterUserInput { cartId?: string | null | undefined; email: string; name: string; password: string }

export interface ProductFilter { categoryId?: string | null | undefined; inStock?: boolean | null | undefined; maxPrice?: number | null | undefined; minPrice?: number | null | undefined; search?: string | null | undefined }

export interface AddToCartInput { cartId?: string | null | undefined; productId: string; quantity: number }

export interface CheckoutInput { cartId: string; cartVersion?: number | null | undefined; idempotencyKey: string; paymentToken: string; shippingAddress?: AddressInput | null | undefined }

export interface AddressInput { city: string; country: string; line1: string; line2?: string | null | undefined; name: string; postalCode?: string | null | undefined }

export type Session = { accessToken: string; refreshToken: string; expiresIn: number; user: { id: string; name: string } };

export const OpenAccount: Document<{ registerUser: Session }, { input: RegisterUserInput }> = { text: "mutation OpenAccount($input: RegisterUserInput!) { registerUser(input: $input) { ...Session } } fragment Session on AuthPayload { accessToken refreshToken expiresIn user { id name } }" };

export const Refresh: Document<{ refreshSession: Session }, { refreshToken: string }> = { text: "mutation Refresh($refreshToken: String!) { refreshSession(refreshToken: $refreshToken) { ...Session } } fragment Session on AuthPayload { accessToken refreshToken expiresIn user { id name } }" };

export const Search: Document<{ products: { totalItems: number; items: readonly ({ id: string; name: string; availableQuantity: number; price: { amount: number; currency: string } })[] } }, { filter?: ProductFilter | null | undefined; take?: number | null | undefined }> = { text: "query Search($filter: ProductFilter, $take: Int) { products(filter: $filter, take: $take) { totalItems items { id name availableQuantity price { amount currency } } } }" };

export const AddToCart: Document<{ addToCart: { id: string; version: number; total: { amount: number; currency: string }; problems: readonly ({ code: CartProblemCode; message: string })[] } }, { input: AddToCartInput }> = { text: "mutation AddToCart($input: AddToCartInput!) { addToCart(input: $input) { id version total { amount currency } problems { code message } } }" };

export const Checkout: Document<{ checkout: { id: string; number: string; status: OrderStatus } }, { input: CheckoutInput }> = { text: "mutation Checkout($input: CheckoutInput!) { checkout(input: $input) { id number status } }" };

export const FollowOrder: Document<{ orderStatus: { number: string; status: OrderStatus; paymentStatus: PaymentStatus; failureReason: string | null } }, { orderId: string }> = { text: "subscription FollowOrder($orderId: ID!) { orderStatus(orderId: $orderId) { number status paymentStatus failureReason } }" };
