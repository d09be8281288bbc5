/** How much it hurts when a request is refused: who looks around can look again, who has begun to pay should get through. */
export type Urgency = "browsing" | "shopping" | "entering" | "buying";

/** What hurts least first. */
export const SHED_IN_TURN = ["browsing", "shopping", "entering", "buying"] as const;

/** Root fields of GraphQL, and actions of REST. What is not here, carts say, or the keeping of the catalogue, is shopping. */
const URGENCIES: Partial<Record<Urgency, readonly string[]>> = {
	browsing: ["products", "productFacets", "product", "categories", "products.list", "products.get"],
	// Each hashes a password, and waits for its turn to do so.
	entering: [
		"registerUser",
		"loginUser",
		"changePassword",
		"resetPassword",
		"users.register",
		"users.login",
		"users.resetPassword",
	],
	// What finishes an order, tells of one, or keeps its customer signed in.
	buying: [
		"checkout",
		"order",
		"orders",
		"orderStatus",
		"orderUpdated",
		"cancelOrder",
		"shipOrder",
		"deliverOrder",
		"refreshSession",
		"logoutUser",
		"me",
		"cart.checkout",
		"orders.list",
		"orders.get",
		"orders.cancel",
	],
};

const known = new Map<string, Urgency>(
	SHED_IN_TURN.flatMap((urgency) => (URGENCIES[urgency] ?? []).map((name) => [name, urgency] as const)),
);

/** A request is as urgent as the least urgent of what it asks for: nothing gets in under another's name. */
export function urgencyOf(...names: readonly string[]): Urgency {
	const all = new Set(names.map((name) => known.get(name) ?? "shopping"));
	return SHED_IN_TURN.find((urgency) => all.has(urgency)) ?? "shopping";
}
