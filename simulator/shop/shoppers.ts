import { patiently, pause, type Client, type Told, type Who } from "./client";
import { fill, goOnShopping } from "./filling";
import type { ClerkPlan, ShopperPlan } from "./plan";

/** What a shopper knows in the end. */
export interface Shopper {
	readonly plan: ShopperPlan;
	readonly who: Who;
	/** The order that the shopper was told of. */
	orderId: string | undefined;
	/** When that was. */
	acceptedMs: number | undefined;
	/** Nothing more is tried: the reason. */
	gaveUp: string | undefined;
	/** What the shop said of the cancellation. */
	cancelled: Told | undefined;
	isDone: boolean;
}

export const ADMIN: Who = { id: "00000000-0000-4000-8000-000000000001", role: "ADMIN" };

/** Who wants to be rid of an order asks so often, and so fast that the moment of its confirmation is met. */
const INSISTS_MAX = 40;
const INSIST_AFTER_MS = 50;

export function newShopper(plan: ShopperPlan, number: number): Shopper {
	return {
		plan,
		who: { id: `00000000-0000-4000-9000-${String(number).padStart(12, "0")}`, role: "CUSTOMER" },
		orderId: undefined,
		acceptedMs: undefined,
		gaveUp: undefined,
		cancelled: undefined,
		isDone: false,
	};
}

/** Fills a cart, checks out, and perhaps thinks better of it. */
export async function shop(
	shopper: Shopper,
	client: Client,
	products: readonly string[],
	nowMs: () => number,
): Promise<void> {
	const { plan, who } = shopper;
	await pause(plan.atMs);
	try {
		const cartId = await fill(shopper, client, products);
		if (cartId === undefined) return;
		const key = plan.isNumbering ? "checkout 1" : `checkout of ${who.id}`;
		const params = { cartId, idempotencyKey: key, paymentToken: plan.paymentToken };
		const ask = () => patiently(() => client.ask(who, "cart.checkout", params, plan.patienceMs));
		const all = await Promise.all(Array.from({ length: plan.atOnce }, ask));
		const accepted = all.find((told) => told.kind === "done");
		if (!accepted) return void (shopper.gaveUp = JSON.stringify(all[0]));
		shopper.orderId = (accepted.answer as { id: string }).id;
		shopper.acceptedMs = nowMs();
		if (plan.goesOn) await goOnShopping(shopper, client, products);
		if (plan.cancelAfterMs === undefined) return;
		await pause(plan.cancelAfterMs);
		const { orderId: id } = shopper;
		const cancel = () => patiently(() => client.ask(who, "orders.cancel", { id }, plan.patienceMs));
		shopper.cancelled = await cancel();
		for (let tries = 1; plan.insists && tries < INSISTS_MAX && isRefused(shopper.cancelled); tries++) {
			await pause(INSIST_AFTER_MS);
			shopper.cancelled = await cancel();
		}
	} finally {
		shopper.isDone = true;
	}
}

function isRefused({ kind }: Told): boolean {
	return kind === "refused";
}

/** What a clerk has done: how much more there is of which product. */
export interface Restocked {
	product: number;
	delta: number;
	told: Told;
}

const RESTOCK = 3;

/** Once, whatever comes of it: what has no key of its own must not be asked for twice. */
export async function clerk(
	{ atMs, act, product }: ClerkPlan,
	client: Client,
	products: readonly string[],
): Promise<Restocked | undefined> {
	await pause(atMs);
	const id = products[product]!;
	switch (act) {
		case "restock": {
			const told = await client.ask(ADMIN, "products.adjustStock", { productId: id, delta: RESTOCK }, 10_000);
			return { product, delta: RESTOCK, told };
		}
		case "reprice":
			await client.ask(ADMIN, "products.update", { id, price: 12_300 }, 10_000);
			return undefined;
		case "withdraw":
			await client.ask(ADMIN, "products.update", { id, active: false }, 10_000);
			return undefined;
		case "ship":
			await ship(client);
			return undefined;
		case "deliver": {
			const shipped = await ship(client);
			if (shipped) await client.ask(ADMIN, "orders.deliver", { id: shipped }, 10_000);
			return undefined;
		}
	}
}

/** The first order that can be shipped. @returns its id */
async function ship(client: Client): Promise<string | undefined> {
	const told = await client.ask(ADMIN, "orders.list", { status: "CONFIRMED", skip: 0, take: 5 }, 5_000);
	if (told.kind !== "done") return undefined;
	const [first] = (told.answer as { items?: { id: string }[] }).items ?? (told.answer as { id: string }[]);
	if (!first) return undefined;
	const shipped = await client.ask(ADMIN, "orders.ship", { id: first.id }, 10_000);
	return shipped.kind === "done" ? first.id : undefined;
}
