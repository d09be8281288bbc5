import { randomUUID } from "node:crypto";
import { openShop, type Shop } from "../support/shop";
import type { Product } from "../support/shop-types";
import { until } from "../support/until";
import { inventoryOf, type Answer, type Inventory } from "./inventory.stage";
import type { ModelOrder, Move } from "./inventory-model";

/** However the two get out of what they wait for. */
const ROUNDS = 5;

let shop: Shop;
let inventory: Inventory;
beforeAll(async () => {
	shop = await openShop({ events: "postgres" });
	inventory = inventoryOf(shop);
});
afterAll(async () => shop[Symbol.asyncDispose]());

/** An order whose reservation has expired, and was given back. */
async function anExpiredOrder(product: Product): Promise<ModelOrder> {
	const order: ModelOrder = { id: randomUUID(), wants: new Map([[product.id, 2]]), state: undefined, tombstone: false };
	expect(await inventory.make("reserve", order)).toBe("done");
	expect(await inventory.make("expire", order)).toBe("done");
	await shop.eventually(() => stateOf(order), "EXPIRED");
	return order;
}

const stateOf = async ({ id }: ModelOrder) => (await inventory.statesOf([id])).get(id);

/** As sagas do: who could not be answered is asked again. */
async function ask(move: Move, order: ModelOrder): Promise<Answer> {
	return until(
		async () => {
			const answer = await inventory.make(move, order);
			return answer !== "UNAVAILABLE" && answer !== "OVERLOADED" && answer;
		},
		{ what: `an answer to ${move}` },
	);
}

/** Makes them all wait for a stranger's lock, and only then lets them go. @param meanwhile is done while they wait */
async function meetingAt(
	lock: string,
	works: readonly (() => Promise<Answer>)[],
	meanwhile: () => Promise<void> = async () => undefined,
): Promise<Answer[]> {
	const allWait = async (): Promise<boolean> => {
		const { rows } = await shop.database.query<{ count: number }>(
			`SELECT count(*)::int FROM pg_stat_activity
			WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
		);
		if (rows[0]!.count < works.length) return false;
		await meanwhile();
		return true;
	};

	const stranger = await shop.holding(lock);
	const answers = works.map((work) => work());
	try {
		await until(allWait, { what: `${works.length} to wait for a lock` });
	} finally {
		await stranger[Symbol.asyncDispose]();
	}
	return Promise.all(answers);
}

const onTheReservation = ({ id }: ModelOrder): string =>
	`SELECT FROM catalog.reservations WHERE order_id = '${id}' FOR UPDATE`;
const onTheStock = (_: ModelOrder, { id }: Product): string =>
	`SELECT FROM catalog.stock WHERE product_id = '${id}' FOR UPDATE`;

test.each([
	["on the reservation", onTheReservation],
	["on its stock", onTheStock],
])("two that secure an expired reservation and meet %s both hear that it is held", async (_, lock) => {
	for (let round = 0; round < ROUNDS; round++) {
		const product = await shop.given.product({ price: inventory.price, stock: 2 });
		const order = await anExpiredOrder(product);

		const answers = await meetingAt(lock(order, product), [() => ask("secure", order), () => ask("secure", order)]);

		expect(answers).toEqual(["done", "done"]);
		expect(await stateOf(order)).toBe("SECURED");
		expect(await inventory.stockOf(product.id)).toEqual({ on_hand: 2, reserved: 2, sold: 0 });
		expect(await inventory.movementsOf(product.id)).toEqual({ on_hand: 2, reserved: 2 });
	}
});

test("two orders of the same products, in opposite orders, begin with the same one and can't wait for each other", async () => {
	const products: Product[] = [];
	for (let n = 0; n < 3; n++) products.push(await shop.given.product({ price: inventory.price, stock: 2 }));
	const ids = products.map(({ id }) => id).toSorted();
	const [one, other] = [ids, ids.toReversed()].map((wanted): ModelOrder => {
		return { id: randomUUID(), wants: new Map(wanted.map((id) => [id, 1])), state: undefined, tombstone: false };
	}) as [ModelOrder, ModelOrder];

	const lock = `SELECT FROM catalog.stock WHERE product_id = '${ids[1]}' FOR UPDATE`;
	const answers = await meetingAt(lock, [() => ask("reserve", one), () => ask("reserve", other)], async () => {
		const free = "SELECT product_id AS id FROM catalog.stock WHERE product_id = ANY ($1) FOR UPDATE SKIP LOCKED";
		expect((await shop.database.query(free, [ids])).rows).toEqual([{ id: ids[2] }]);
	});

	expect(answers).toEqual(["done", "done"]);
	for (const id of ids) expect(await inventory.stockOf(id)).toEqual({ on_hand: 2, reserved: 2, sold: 0 });
});

test("an expired reservation whose stock somebody has locked keeps none behind it from being given back", async () => {
	const [locked, free] = [
		await shop.given.product({ price: inventory.price, stock: 2 }),
		await shop.given.product({ price: inventory.price, stock: 2 }),
	];
	const orders = [locked, free].map(({ id }): ModelOrder => {
		return { id: randomUUID(), wants: new Map([[id, 2]]), state: undefined, tombstone: false };
	});
	for (const order of orders) expect(await inventory.make("reserve", order)).toBe("done");

	{
		await using _stranger = await shop.holding(onTheStock(orders[0]!, locked));
		await shop.database.query(
			`UPDATE catalog.reservations SET expires_at = now() - CASE order_id WHEN $1 THEN 2 ELSE 1 END * interval '1 second'
			WHERE order_id = ANY ($2)`,
			[orders[0]!.id, orders.map(({ id }) => id)],
		);
		await shop.eventually(() => stateOf(orders[1]!), "EXPIRED");
		expect(await stateOf(orders[0]!)).toBe("RESERVED");
	}

	await shop.eventually(() => stateOf(orders[0]!), "EXPIRED");
	expect(await inventory.stockOf(locked.id)).toEqual({ on_hand: 2, reserved: 0, sold: 0 });
});

test("one that secures a reservation again after it was sold hears that all is well", async () => {
	const product = await shop.given.product({ price: inventory.price, stock: 2 });
	const order = await anExpiredOrder(product);
	await ask("secure", order);
	await ask("sell", order);

	expect(await ask("secure", order)).toBe("done");

	expect(await inventory.stockOf(product.id)).toEqual({ on_hand: 0, reserved: 0, sold: 2 });
});

test("one that secures and one that releases meet on the reservation: what is released is not held", async () => {
	for (let round = 0; round < ROUNDS; round++) {
		const product = await shop.given.product({ price: inventory.price, stock: 2 });
		const order = await anExpiredOrder(product);

		// The release may be first: then there is nothing to secure any more.
		const works = [() => ask("secure", order), () => ask("release", order)];
		const [secured, released] = await meetingAt(onTheReservation(order), works);

		expect(["done", "OUT_OF_STOCK"]).toContain(secured);
		expect(released).toBe("done");
		expect(await stateOf(order)).toBe("RELEASED");
		expect(await inventory.stockOf(product.id)).toEqual({ on_hand: 2, reserved: 0, sold: 0 });
	}
});
