// Made from the operations in this folder and the gateway's schema: npm run web:types. Not for editing.

/** An operation as text, with the types of its answer and its variables; those exist for the compiler alone. */
export interface Document<Result, Variables> {
	readonly text: string;
	readonly types?: (variables: Variables) => Result;
}


export type CartProblemCode = "INSUFFICIENT_STOCK" | "OUT_OF_STOCK" | "PRICE_CHANGED" | "PRODUCT_UNAVAILABLE";

export type CartStatus = "ACTIVE" | "CHECKED_OUT" | "CHECKING_OUT";

export type OrderStatus = "CANCELLED" | "CART_VALIDATED" | "COMPENSATED" | "CONFIRMED" | "DELIVERED" | "FAILED" | "PAYMENT_PROCESSED" | "PENDING" | "SHIPPED";

export type PaymentStatus = "AUTHORIZED" | "CAPTURED" | "DECLINED" | "NONE" | "REFUNDED" | "VOIDED";

export type ProductSort = "NAME_ASC" | "NEWEST" | "PRICE_ASC" | "PRICE_DESC";

export type Role = "ADMIN" | "CUSTOMER";

export type StockMovementKind = "ADJUSTED" | "EXPIRED" | "OPENED" | "RELEASED" | "RESERVED" | "RESERVED_AGAIN" | "RESTOCKED" | "SOLD";

export interface RegisterUserInput { cartId?: string | null | undefined; email: string; name: string; password: string }

export interface LoginUserInput { cartId?: string | null | undefined; email: string; password: string }

export interface ChangePasswordInput { currentPassword: string; newPassword: string }

export interface ResetPasswordInput { newPassword: string; token: string }

export interface AddressInput { city: string; country: string; line1: string; line2?: string | null | undefined; name: string; postalCode?: string | null | undefined }

export interface ProductFilter { categoryId?: string | null | undefined; inStock?: boolean | null | undefined; maxPrice?: number | null | undefined; minPrice?: number | null | undefined; search?: string | null | undefined }

export interface CreateProductInput { categoryId?: string | null | undefined; description?: string | null | undefined; imageUrl?: string | null | undefined; initialStock?: number | null | undefined; name: string; price: number; sku: string }

export interface UpdateProductInput { active?: boolean | null | undefined; categoryId?: string | null | undefined; description?: string | null | undefined; imageUrl?: string | null | undefined; name?: string | null | undefined; price?: number | null | undefined; sku?: string | null | undefined }

export interface AddToCartInput { cartId?: string | null | undefined; productId: string; quantity: number }

export interface UpdateCartItemInput { cartId: string; productId: string; quantity: number }

export interface CheckoutInput { cartId: string; cartVersion?: number | null | undefined; idempotencyKey: string; paymentToken: string; shippingAddress?: AddressInput | null | undefined }

export type Account = { id: string; email: string; name: string; role: Role };

export type Session = { accessToken: string; expiresIn: number; user: Account };

export type SessionRow = { id: string; current: boolean; openedAt: string; usedAt: string; userAgent: string | null };

export type PostalAddress = { name: string; line1: string; line2: string | null; postalCode: string; city: string; country: string };

export type AddressEntry = { id: string; address: PostalAddress };

export type AdminProduct = ProductDetail & { updatedAt: string; stock: { onHand: number; reserved: number; available: number } };

export type StockMovementRow = { id: string; kind: StockMovementKind; onHandChange: number; reservedChange: number; orderId: string | null; order: { number: string } | null; user: { name: string } | null; reason: string | null; at: string };

export type Price = { amount: number; currency: string };

export type CartLineFields = { productId: string; name: string; quantity: number; unitPrice: Price; lineTotal: Price; product: { imageUrl: string | null; slug: string; availableQuantity: number } | null };

export type CartProblemFields = { code: CartProblemCode; productId: string; message: string; availableQuantity: number | null; oldPrice: Price | null; newPrice: Price | null };

export type CartFields = { id: string; version: number; items: readonly (CartLineFields)[]; total: Price; problems: readonly (CartProblemFields)[] };

export type ProductCard = { id: string; slug: string; name: string; imageUrl: string | null; price: { amount: number; currency: string }; availableQuantity: number; category: { name: string } | null };

export type ProductDetail = { id: string; sku: string; slug: string; name: string; description: string; imageUrl: string | null; active: boolean; price: { amount: number; currency: string }; availableQuantity: number; category: { id: string; slug: string; name: string; parent: { slug: string; name: string } | null } | null };

export type OrderFields = { id: string; number: string; userId: string; cartId: string; status: OrderStatus; paymentStatus: PaymentStatus; failureReason: string | null; createdAt: string; total: Price; items: readonly ({ productId: string; name: string; quantity: number; unitPrice: Price; lineTotal: Price })[]; history: readonly ({ status: OrderStatus; at: string; note: string | null })[]; shippingAddress: PostalAddress | null };

export type OrderRow = { id: string; number: string; status: OrderStatus; createdAt: string; total: Price; items: readonly ({ productId: string; name: string; quantity: number })[] };

export const Register: Document<{ registerUser: Session }, { input: RegisterUserInput }> = { text: "mutation Register($input: RegisterUserInput!) { registerUser(input: $input) { ...Session } } fragment Session on AuthPayload { accessToken expiresIn user { ...Account } } fragment Account on User { id email name role }" };

export const Login: Document<{ loginUser: Session }, { input: LoginUserInput }> = { text: "mutation Login($input: LoginUserInput!) { loginUser(input: $input) { ...Session } } fragment Session on AuthPayload { accessToken expiresIn user { ...Account } } fragment Account on User { id email name role }" };

export const RefreshSession: Document<{ refreshSession: Session }, Record<string, never>> = { text: "mutation RefreshSession { refreshSession { ...Session } } fragment Session on AuthPayload { accessToken expiresIn user { ...Account } } fragment Account on User { id email name role }" };

export const Logout: Document<{ logoutUser: boolean }, Record<string, never>> = { text: "mutation Logout { logoutUser }" };

export const ChangePassword: Document<{ changePassword: boolean }, { input: ChangePasswordInput }> = { text: "mutation ChangePassword($input: ChangePasswordInput!) { changePassword(input: $input) }" };

export const Sessions: Document<{ sessions: readonly (SessionRow)[] }, Record<string, never>> = { text: "query Sessions { sessions { ...SessionRow } } fragment SessionRow on Session { id current openedAt usedAt userAgent }" };

export const EndSession: Document<{ endSession: boolean }, { id: string }> = { text: "mutation EndSession($id: ID!) { endSession(id: $id) }" };

export const RequestPasswordReset: Document<{ requestPasswordReset: boolean }, { email: string }> = { text: "mutation RequestPasswordReset($email: String!) { requestPasswordReset(email: $email) }" };

export const ResetPassword: Document<{ resetPassword: boolean }, { input: ResetPasswordInput }> = { text: "mutation ResetPassword($input: ResetPasswordInput!) { resetPassword(input: $input) }" };

export const OwnEmail: Document<{ me: { email: string; emailVerified: boolean } | null }, Record<string, never>> = { text: "query OwnEmail { me { email emailVerified } }" };

export const RequestEmailVerification: Document<{ requestEmailVerification: boolean }, Record<string, never>> = { text: "mutation RequestEmailVerification { requestEmailVerification }" };

export const VerifyEmail: Document<{ verifyEmail: boolean }, { token: string }> = { text: "mutation VerifyEmail($token: String!) { verifyEmail(token: $token) }" };

export const Addresses: Document<{ addresses: { items: readonly (AddressEntry)[] } }, Record<string, never>> = { text: "query Addresses { addresses { items { ...AddressEntry } } } fragment AddressEntry on SavedAddress { id address { ...PostalAddress } } fragment PostalAddress on Address { name line1 line2 postalCode city country }" };

export const SaveAddress: Document<{ saveAddress: AddressEntry }, { input: AddressInput }> = { text: "mutation SaveAddress($input: AddressInput!) { saveAddress(input: $input) { ...AddressEntry } } fragment AddressEntry on SavedAddress { id address { ...PostalAddress } } fragment PostalAddress on Address { name line1 line2 postalCode city country }" };

export const UpdateAddress: Document<{ updateAddress: AddressEntry }, { id: string; input: AddressInput }> = { text: "mutation UpdateAddress($id: ID!, $input: AddressInput!) { updateAddress(id: $id, input: $input) { ...AddressEntry } } fragment AddressEntry on SavedAddress { id address { ...PostalAddress } } fragment PostalAddress on Address { name line1 line2 postalCode city country }" };

export const RemoveAddress: Document<{ removeAddress: boolean }, { id: string }> = { text: "mutation RemoveAddress($id: ID!) { removeAddress(id: $id) }" };

export const AdminProducts: Document<{ products: { totalItems: number; items: readonly (AdminProduct)[] } }, { filter?: ProductFilter | null | undefined; skip?: number | null | undefined; take?: number | null | undefined }> = { text: "query AdminProducts($filter: ProductFilter, $skip: Int, $take: Int) { products(filter: $filter, sort: NAME_ASC, skip: $skip, take: $take) { totalItems items { ...AdminProduct } } } fragment AdminProduct on Product { ...ProductDetail updatedAt stock { onHand reserved available } } fragment ProductDetail on Product { id sku slug name description imageUrl active price { amount currency } availableQuantity category { id slug name parent { slug name } } }" };

export const OneAdminProduct: Document<{ product: AdminProduct | null }, { id: string }> = { text: "query OneAdminProduct($id: ID!) { product(id: $id) { ...AdminProduct } } fragment AdminProduct on Product { ...ProductDetail updatedAt stock { onHand reserved available } } fragment ProductDetail on Product { id sku slug name description imageUrl active price { amount currency } availableQuantity category { id slug name parent { slug name } } }" };

export const CreateProduct: Document<{ createProduct: AdminProduct }, { input: CreateProductInput }> = { text: "mutation CreateProduct($input: CreateProductInput!) { createProduct(input: $input) { ...AdminProduct } } fragment AdminProduct on Product { ...ProductDetail updatedAt stock { onHand reserved available } } fragment ProductDetail on Product { id sku slug name description imageUrl active price { amount currency } availableQuantity category { id slug name parent { slug name } } }" };

export const UpdateProduct: Document<{ updateProduct: AdminProduct }, { id: string; input: UpdateProductInput }> = { text: "mutation UpdateProduct($id: ID!, $input: UpdateProductInput!) { updateProduct(id: $id, input: $input) { ...AdminProduct } } fragment AdminProduct on Product { ...ProductDetail updatedAt stock { onHand reserved available } } fragment ProductDetail on Product { id sku slug name description imageUrl active price { amount currency } availableQuantity category { id slug name parent { slug name } } }" };

export const ProductStock: Document<{ product: { id: string; name: string; stock: { onHand: number; reserved: number; available: number } } | null; stockReservations: { totalItems: number; items: readonly ({ orderId: string; order: { number: string } | null; quantity: number; since: string; expiresAt: string | null })[] }; stockMovements: { totalItems: number; items: readonly (StockMovementRow)[] } }, { id: string; skip?: number | null | undefined; take?: number | null | undefined }> = { text: "query ProductStock($id: ID!, $skip: Int, $take: Int) { product(id: $id) { id name stock { onHand reserved available } } stockReservations(productId: $id, take: 50) { totalItems items { orderId order { number } quantity since expiresAt } } stockMovements(productId: $id, skip: $skip, take: $take) { totalItems items { ...StockMovementRow } } } fragment StockMovementRow on StockMovement { id kind onHandChange reservedChange orderId order { number } user { name } reason at }" };

export const AdjustStock: Document<{ adjustStock: { onHand: number; reserved: number; available: number } }, { productId: string; delta: number; reason?: string | null | undefined }> = { text: "mutation AdjustStock($productId: ID!, $delta: Int!, $reason: String) { adjustStock(productId: $productId, delta: $delta, reason: $reason) { onHand reserved available } }" };

export const Customer: Document<{ user: { name: string; email: string } | null }, { id: string }> = { text: "query Customer($id: ID!) { user(id: $id) { name email } }" };

export const ShipOrder: Document<{ shipOrder: OrderRow }, { id: string }> = { text: "mutation ShipOrder($id: ID!) { shipOrder(id: $id) { ...OrderRow } } fragment OrderRow on Order { id number status createdAt total { ...Price } items { productId name quantity } } fragment Price on Money { amount currency }" };

export const DeliverOrder: Document<{ deliverOrder: OrderRow }, { id: string }> = { text: "mutation DeliverOrder($id: ID!) { deliverOrder(id: $id) { ...OrderRow } } fragment OrderRow on Order { id number status createdAt total { ...Price } items { productId name quantity } } fragment Price on Money { amount currency }" };

export const ReadOwnCart: Document<{ cart: CartFields | null; cartsBeingOrdered: readonly ({ orderId: string | null })[] }, Record<string, never>> = { text: "query ReadOwnCart { cart { ...CartFields } cartsBeingOrdered { orderId } } fragment CartFields on Cart { id version items { ...CartLineFields } total { ...Price } problems { ...CartProblemFields } } fragment CartLineFields on CartItem { productId name quantity unitPrice { ...Price } lineTotal { ...Price } product { imageUrl slug availableQuantity } } fragment Price on Money { amount currency } fragment CartProblemFields on CartProblem { code productId message availableQuantity oldPrice { ...Price } newPrice { ...Price } }" };

export const ReadGuestCart: Document<{ cart: CartFields | null }, { id: string }> = { text: "query ReadGuestCart($id: ID!) { cart(id: $id) { ...CartFields } } fragment CartFields on Cart { id version items { ...CartLineFields } total { ...Price } problems { ...CartProblemFields } } fragment CartLineFields on CartItem { productId name quantity unitPrice { ...Price } lineTotal { ...Price } product { imageUrl slug availableQuantity } } fragment Price on Money { amount currency } fragment CartProblemFields on CartProblem { code productId message availableQuantity oldPrice { ...Price } newPrice { ...Price } }" };

export const CartGivenBack: Document<{ cart: { status: CartStatus; items: readonly ({ productId: string; quantity: number })[] } | null }, { id: string }> = { text: "query CartGivenBack($id: ID!) { cart(id: $id) { status items { productId quantity } } }" };

export const AddToCart: Document<{ addToCart: CartFields }, { input: AddToCartInput }> = { text: "mutation AddToCart($input: AddToCartInput!) { addToCart(input: $input) { ...CartFields } } fragment CartFields on Cart { id version items { ...CartLineFields } total { ...Price } problems { ...CartProblemFields } } fragment CartLineFields on CartItem { productId name quantity unitPrice { ...Price } lineTotal { ...Price } product { imageUrl slug availableQuantity } } fragment Price on Money { amount currency } fragment CartProblemFields on CartProblem { code productId message availableQuantity oldPrice { ...Price } newPrice { ...Price } }" };

export const UpdateCartItem: Document<{ updateCartItem: CartFields }, { input: UpdateCartItemInput }> = { text: "mutation UpdateCartItem($input: UpdateCartItemInput!) { updateCartItem(input: $input) { ...CartFields } } fragment CartFields on Cart { id version items { ...CartLineFields } total { ...Price } problems { ...CartProblemFields } } fragment CartLineFields on CartItem { productId name quantity unitPrice { ...Price } lineTotal { ...Price } product { imageUrl slug availableQuantity } } fragment Price on Money { amount currency } fragment CartProblemFields on CartProblem { code productId message availableQuantity oldPrice { ...Price } newPrice { ...Price } }" };

export const AcceptCartChanges: Document<{ acceptCartChanges: CartFields }, { cartId: string }> = { text: "mutation AcceptCartChanges($cartId: ID!) { acceptCartChanges(cartId: $cartId) { ...CartFields } } fragment CartFields on Cart { id version items { ...CartLineFields } total { ...Price } problems { ...CartProblemFields } } fragment CartLineFields on CartItem { productId name quantity unitPrice { ...Price } lineTotal { ...Price } product { imageUrl slug availableQuantity } } fragment Price on Money { amount currency } fragment CartProblemFields on CartProblem { code productId message availableQuantity oldPrice { ...Price } newPrice { ...Price } }" };

export const ClearCart: Document<{ clearCart: CartFields }, { cartId: string }> = { text: "mutation ClearCart($cartId: ID!) { clearCart(cartId: $cartId) { ...CartFields } } fragment CartFields on Cart { id version items { ...CartLineFields } total { ...Price } problems { ...CartProblemFields } } fragment CartLineFields on CartItem { productId name quantity unitPrice { ...Price } lineTotal { ...Price } product { imageUrl slug availableQuantity } } fragment Price on Money { amount currency } fragment CartProblemFields on CartProblem { code productId message availableQuantity oldPrice { ...Price } newPrice { ...Price } }" };

export const Products: Document<{ products: { totalItems: number; items: readonly (ProductCard)[] } }, { filter?: ProductFilter | null | undefined; sort?: ProductSort | null | undefined; skip?: number | null | undefined; take?: number | null | undefined }> = { text: "query Products($filter: ProductFilter, $sort: ProductSort, $skip: Int, $take: Int) { products(filter: $filter, sort: $sort, skip: $skip, take: $take) { totalItems items { ...ProductCard } } } fragment ProductCard on Product { id slug name imageUrl price { amount currency } availableQuantity category { name } }" };

export const OneProduct: Document<{ product: ProductDetail | null }, { id: string }> = { text: "query OneProduct($id: ID!) { product(id: $id) { ...ProductDetail } } fragment ProductDetail on Product { id sku slug name description imageUrl active price { amount currency } availableQuantity category { id slug name parent { slug name } } }" };

export const Categories: Document<{ categories: readonly ({ id: string; slug: string; name: string; parent: { id: string } | null })[] }, Record<string, never>> = { text: "query Categories { categories { id slug name parent { id } } }" };

export const ProductFacets: Document<{ productFacets: readonly ({ count: number; category: { id: string } })[] }, { filter?: ProductFilter | null | undefined }> = { text: "query ProductFacets($filter: ProductFilter) { productFacets(filter: $filter) { count category { id } } }" };

export const Checkout: Document<{ checkout: OrderFields }, { input: CheckoutInput }> = { text: "mutation Checkout($input: CheckoutInput!) { checkout(input: $input) { ...OrderFields } } fragment OrderFields on Order { id number userId cartId status paymentStatus failureReason createdAt total { ...Price } items { productId name quantity unitPrice { ...Price } lineTotal { ...Price } } history { status at note } shippingAddress { ...PostalAddress } } fragment Price on Money { amount currency } fragment PostalAddress on Address { name line1 line2 postalCode city country }" };

export const Orders: Document<{ orders: { totalItems: number; items: readonly (OrderRow)[] } }, { status?: OrderStatus | null | undefined; skip?: number | null | undefined; take?: number | null | undefined }> = { text: "query Orders($status: OrderStatus, $skip: Int, $take: Int) { orders(status: $status, skip: $skip, take: $take) { totalItems items { ...OrderRow } } } fragment OrderRow on Order { id number status createdAt total { ...Price } items { productId name quantity } } fragment Price on Money { amount currency }" };

export const OwnOrders: Document<{ orders: { totalItems: number; items: readonly (OrderRow)[] } }, { skip?: number | null | undefined; take?: number | null | undefined }> = { text: "query OwnOrders($skip: Int, $take: Int) { orders(mine: true, skip: $skip, take: $take) { totalItems items { ...OrderRow } } } fragment OrderRow on Order { id number status createdAt total { ...Price } items { productId name quantity } } fragment Price on Money { amount currency }" };

export const OneOrder: Document<{ order: OrderFields | null }, { id: string }> = { text: "query OneOrder($id: ID!) { order(id: $id) { ...OrderFields } } fragment OrderFields on Order { id number userId cartId status paymentStatus failureReason createdAt total { ...Price } items { productId name quantity unitPrice { ...Price } lineTotal { ...Price } } history { status at note } shippingAddress { ...PostalAddress } } fragment Price on Money { amount currency } fragment PostalAddress on Address { name line1 line2 postalCode city country }" };

export const CancelOrder: Document<{ cancelOrder: OrderFields }, { id: string; reason?: string | null | undefined }> = { text: "mutation CancelOrder($id: ID!, $reason: String) { cancelOrder(id: $id, reason: $reason) { ...OrderFields } } fragment OrderFields on Order { id number userId cartId status paymentStatus failureReason createdAt total { ...Price } items { productId name quantity unitPrice { ...Price } lineTotal { ...Price } } history { status at note } shippingAddress { ...PostalAddress } } fragment Price on Money { amount currency } fragment PostalAddress on Address { name line1 line2 postalCode city country }" };

export const OrderUpdated: Document<{ orderUpdated: OrderFields }, { orderId: string }> = { text: "subscription OrderUpdated($orderId: ID!) { orderUpdated(orderId: $orderId) { ...OrderFields } } fragment OrderFields on Order { id number userId cartId status paymentStatus failureReason createdAt total { ...Price } items { productId name quantity unitPrice { ...Price } lineTotal { ...Price } } history { status at note } shippingAddress { ...PostalAddress } } fragment Price on Money { amount currency } fragment PostalAddress on Address { name line1 line2 postalCode city country }" };
