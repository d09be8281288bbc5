import { hashOf, randomOf, type Random } from "../world/random";
import { patiently, type Client, type Told, type Who } from "./client";
import type { Plan, ShopperPlan } from "./plan";
import type { Shopper } from "./shoppers";

type Item = ShopperPlan["items"][number];

/** What comes after the checkout is no part of its order. */
export const LATER = "later item";

/** @returns the id of the cart that was filled; without one, the shopper has given up */
export async function fill(shopper: Shopper, client: Client, products: readonly string[]): Promise<string | undefined> {
	return shopper.plan.isGuest ? fillAsGuest(shopper, client, products) : fillOwn(shopper, client, products);
}

async function fillOwn(shopper: Shopper, client: Client, products: readonly string[]): Promise<string | undefined> {
	const { plan, who } = shopper;
	let cartId: string | undefined;
	for (const [at, item] of plan.items.entries()) {
		const key = plan.isNumbering ? `item ${at}` : `item ${at} of ${who.id}`;
		cartId = await add(shopper, client, products, { as: who, item, key, cartId });
		if (cartId === undefined) return undefined;
	}
	return cartId;
}

/**
 * The first item goes into a guest's cart, the others into the shopper's own, from where they are signed in already; then
 * the guest signs in, and their cart joins the other one.
 */
async function fillAsGuest(shopper: Shopper, client: Client, products: readonly string[]): Promise<string | undefined> {
	const { who, plan } = shopper;
	const guest: Who = { ...who, role: "GUEST" };
	const [first, ...others] = plan.items as [Item, ...Item[]];
	// Of a guest without a cart only a UUID counts as a key.
	const cartId = await add(shopper, client, products, { as: guest, item: first, key: who.id, cartId: undefined });
	if (cartId === undefined) return undefined;
	for (const [at, item] of others.entries()) {
		const own = await add(shopper, client, products, { as: who, item, key: `item ${at}`, cartId: undefined });
		if (own === undefined) return undefined;
	}
	const joining = await patiently(() =>
		client.ask(guest, "cart.joinGuest", { cartId, userId: who.id }, plan.patienceMs),
	);
	if (joining.kind === "unknown") return giveUp(shopper, joining);
	const told = await patiently(() => client.ask(who, "cart.get", {}, plan.patienceMs));
	return told.kind === "done" ? (told.answer as { id: string } | null)?.id : giveUp(shopper, told);
}

/** Goes on shopping, although there is an order already: this is another cart. */
export async function goOnShopping(shopper: Shopper, client: Client, products: readonly string[]): Promise<void> {
	const { who, plan } = shopper;
	const [item] = plan.items as [Item];
	await add(shopper, client, products, { as: who, item, key: `${LATER} of ${who.id}`, cartId: undefined });
}

async function add(
	shopper: Shopper,
	client: Client,
	products: readonly string[],
	{ as, item, key, cartId }: { as: Who; item: Item; key: string; cartId: string | undefined },
): Promise<string | undefined> {
	const productId = products[item.product]!;
	const params = { productId, quantity: item.quantity, idempotencyKey: key, ...(cartId && { cartId }) };
	const told = await patiently(() => client.ask(as, "cart.addItem", params, shopper.plan.patienceMs));
	return told.kind === "done" ? (told.answer as { id: string }).id : giveUp(shopper, told);
}

function giveUp(shopper: Shopper, told: Told): undefined {
	shopper.gaveUp = JSON.stringify(told);
	return undefined;
}

/** Leads some plans to carts that join each other. Of a stream of its own, so that all other plans are as they were. */
export function joiningCarts(plan: Plan): Plan {
	const random = randomOf(hashOf(`whose carts join in plan ${plan.seed}`));
	if (!random.chance(0.15)) return plan;
	return { ...plan, shoppers: plan.shoppers.map((shopper) => ({ ...shopper, ...joining(random) })) };
}

function joining(random: Random): Partial<ShopperPlan> {
	return { ...(random.chance(0.5) && { isGuest: true }), ...(random.chance(0.5) && { goesOn: true }) };
}
