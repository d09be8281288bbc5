import { Errors } from "moleculer";

/** One REST route and the action that answers it. */
export interface RestRoute {
	method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
	/** Below `/api`. */
	path: string;
	action: string;
	/** Answers 201, with the place of what was made. */
	creates?: (made: { id: string }) => string;
	/** The action keeps the header Idempotency-Key: a repeat is answered, and not done again. Elsewhere it is ignored. */
	keyed?: boolean;
	/** The type of its answer, where the action is not in GraphQL. */
	answers?: string;
	/** Path parameters by another name in the action. */
	rename?: Record<string, string>;
}

/** REST as a table of contents. Each action checks its own params and who may call it, as for GraphQL. */
export const REST_ROUTES: readonly RestRoute[] = [
	{ method: "POST", path: "/register", action: "users.register", creates: () => "/api/login", keyed: true },
	{ method: "POST", path: "/login", action: "users.login" },
	{ method: "POST", path: "/password-reset/request", action: "users.requestPasswordReset" },
	{ method: "POST", path: "/password-reset", action: "users.resetPassword" },
	{ method: "POST", path: "/email-verification/request", action: "users.requestEmailVerification" },
	{ method: "POST", path: "/email-verification", action: "users.verifyEmail" },
	{ method: "GET", path: "/profile/:id", action: "users.get" },
	{ method: "GET", path: "/addresses", action: "users.addresses" },
	{ method: "POST", path: "/addresses", action: "users.saveAddress", keyed: true },
	{ method: "PUT", path: "/addresses/:id", action: "users.updateAddress" },
	{ method: "DELETE", path: "/addresses/:id", action: "users.removeAddress" },
	{
		method: "POST",
		path: "/products",
		action: "products.create",
		creates: ({ id }) => `/api/products/${id}`,
		keyed: true,
	},
	{ method: "GET", path: "/products", action: "products.list" },
	{ method: "GET", path: "/products/:id", action: "products.get" },
	{ method: "PATCH", path: "/products/:id", action: "products.update" },
	{
		method: "POST",
		path: "/cart",
		action: "cart.create",
		answers: "Cart",
		creates: ({ id }) => `/api/cart/${id}`,
		keyed: true,
	},
	{ method: "POST", path: "/cart/items", action: "cart.addItem", keyed: true },
	{ method: "GET", path: "/cart/:id", action: "cart.get" },
	{ method: "DELETE", path: "/cart/:id", action: "cart.clear", rename: { id: "cartId" } },
	{ method: "POST", path: "/orders", action: "cart.checkout", creates: ({ id }) => `/api/orders/${id}`, keyed: true },
	{ method: "GET", path: "/orders", action: "orders.list" },
	{ method: "GET", path: "/orders/:id", action: "orders.get" },
	{ method: "POST", path: "/orders/:id/cancel", action: "orders.cancel", keyed: true },
];

/** What a request carries, before it is put together. */
export interface RestInput {
	path: Record<string, string>;
	query: Record<string, unknown>;
	body: unknown;
	idempotencyKey: string | undefined;
}

class BodyNotAnObjectError extends Errors.MoleculerClientError {
	constructor() {
		super("The body must be a JSON object", 400, "BAD_USER_INPUT", { fields: [] });
	}
}

/** The action's params: of a GET its query, else its body; the path has the last word. */
export function paramsOf(route: RestRoute, { path, query, body, idempotencyKey }: RestInput): Record<string, unknown> {
	const named = Object.fromEntries(Object.entries(path).map(([name, value]) => [route.rename?.[name] ?? name, value]));
	if (route.method === "GET") return { ...(route.action === "products.list" ? listParams(query) : query), ...named };
	if (body !== undefined && (typeof body !== "object" || body === null || Array.isArray(body)))
		throw new BodyNotAnObjectError();
	const key = route.keyed && idempotencyKey !== undefined ? { idempotencyKey } : {};
	return { ...(body as object), ...named, ...key };
}

/** Of the list of products. */
export const FILTERS = new Set(["search", "categoryId", "minPrice", "maxPrice", "inStock"]);

/** In a query string the filter's fields stand beside the others. */
function listParams(query: Record<string, unknown>): Record<string, unknown> {
	const entries = Object.entries(query);
	const filter = Object.fromEntries(entries.filter(([name]) => FILTERS.has(name)));
	const others = Object.fromEntries(entries.filter(([name]) => !FILTERS.has(name)));
	return Object.keys(filter).length > 0 ? { ...others, filter } : others;
}

const PATTERNS = new Map(
	REST_ROUTES.map((route) => [route, new RegExp(`^${route.path.replaceAll(/:\w+/g, "[^/]+")}$`)]),
);

/** What a path, without what follows a question mark, is known for: one route for each method. */
export function routesAt(path: string): RestRoute[] {
	return REST_ROUTES.filter((route) => PATTERNS.get(route)!.test(path));
}
