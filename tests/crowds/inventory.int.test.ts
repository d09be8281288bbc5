import { randomInt, randomUUID } from "node:crypto";
import { openShop, type Shop } from "../support/shop";
import { isLong } from "./long";
import {
	afterAll as statesAfter,
	MOVES,
	randomFrom,
	stockBy,
	type ModelOrder,
	type Move,
	type State,
} from "./inventory-model";
import { inventoryOf, type Answer, type Inventory } from "./inventory.stage";

/** TEST_SEED replays what was tried; the database still decides who of those who come at once is first. */
const SEED = Number(process.env["TEST_SEED"] ?? randomInt(1_000_000));
const ROUNDS = Number(process.env["TEST_ROUNDS"] ?? (isLong ? 500 : 25));
/** Now and then chance leaves out a state for so long: then it goes on until each was there. */
const ROUNDS_MAX = 4 * ROUNDS;
const EVERY_STATE: readonly State[] = ["RESERVED", "SECURED", "EXPIRED", "RELEASED", "SOLD", "RESTOCKED"];
const PRODUCTS = 5;
const ORDERS_ALIVE = 20;

jest.setTimeout(60_000 + ROUNDS_MAX * 2_000);

let shop: Shop;
beforeAll(async () => {
	shop = await openShop({ events: "postgres" });
});
afterAll(async () => shop[Symbol.asyncDispose]());

test("whatever is done to the stock at once, in whatever order: it is what the reservations say, never oversold", async () => {
	const world = await openWorld(shop, SEED);

	const isComplete = (): boolean => EVERY_STATE.every((state) => world.seen.has(state));
	for (let round = 0; round < ROUNDS || (round < ROUNDS_MAX && !isComplete()); round++) {
		const plan = planOf(world);
		const faults = await play(world, plan);
		if (faults.length > 0) {
			const story = [...plan.moves].map(([{ id, state }, moves]) => `${id} (${state}): ${moves.join(", ")}`);
			throw new Error(
				[
					`Round ${round} of TEST_SEED=${SEED} TEST_ROUNDS=${ROUNDS}:`,
					...faults,
					...story,
					JSON.stringify(plan.adjustments),
				].join("\n"),
			);
		}
	}

	expect([...world.seen]).toEqual(expect.arrayContaining([...EVERY_STATE]));
});

interface World {
	inventory: Inventory;
	random: () => number;
	/** By product: what was ever put on the shelf, and whether it is offered as the shoppers saw it. */
	products: Map<string, { put: number; asSeen: boolean }>;
	orders: ModelOrder[];
	/** So that a test in which nothing happens is noticed. */
	seen: Set<State>;
}

/** What happens in one round, all of it at once. */
interface Plan {
	moves: Map<ModelOrder, Move[]>;
	adjustments: [productId: string, delta: number][];
}

async function openWorld({ given, ...rest }: Shop, seed: number): Promise<World> {
	const random = randomFrom(seed);
	const products = new Map<string, { put: number; asSeen: boolean }>();
	for (let n = 0; n < PRODUCTS; n++) {
		const put = 3 + Math.floor(random() * 12);
		const { id } = await given.product({ price: 1_000, stock: put });
		products.set(id, { put, asSeen: true });
	}
	return { inventory: inventoryOf({ given, ...rest }), random, products, orders: [], seen: new Set() };
}

function planOf(world: World): Plan {
	const { random, products, orders } = world;
	const anyOf = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;
	const ids = [...products.keys()];
	const alive = orders.filter(({ state, tombstone }) => !tombstone && state !== "RELEASED" && state !== "RESTOCKED");
	for (let n = alive.length; n < ORDERS_ALIVE; n++) {
		const wants = new Map(ids.filter(() => random() < 0.5).map((id) => [id, 1 + Math.floor(random() * 3)]));
		if (wants.size === 0) wants.set(anyOf(ids), 1);
		const order: ModelOrder = { id: randomUUID(), wants, state: undefined, tombstone: false };
		orders.push(order);
		alive.push(order);
	}
	const moves = new Map<ModelOrder, Move[]>();
	for (const order of alive.filter(() => random() < 0.7)) {
		// Mostly one thing at a time; sometimes the same thing twice, or things that contradict each other.
		const count = random() < 0.6 ? 1 : 2 + Math.floor(random() * 2);
		const likely: readonly Move[] = order.state === undefined ? ["reserve", "reserve", ...MOVES] : MOVES;
		moves.set(
			order,
			Array.from({ length: count }, () => anyOf(likely)),
		);
	}
	const adjustments = ids
		.filter(() => random() < 0.4)
		.map((id): [string, number] => [id, Math.floor(random() * 9) - 4]);
	return { moves, adjustments };
}

/** @returns what is not as the model says */
async function play(world: World, plan: Plan): Promise<string[]> {
	const { inventory, products, orders, random } = world;
	for (const [id, product] of products) {
		if (random() < 0.9) continue;
		product.asSeen = !product.asSeen;
		const spoilt = random() < 0.5 ? { active: false, price: inventory.price } : { active: true, price: 999 };
		await inventory.change(id, product.asSeen ? { active: true, price: inventory.price } : spoilt);
	}

	const answers = await Promise.all(
		[...plan.moves].flatMap(([order, moves]) =>
			moves.map(async (move) => ({ order, move, answer: await inventory.make(move, order) })),
		),
	);
	const adjusted = await Promise.all(
		plan.adjustments.map(async ([id, delta]) => ({ id, delta, answer: await inventory.adjust(id, delta) })),
	);
	await inventory.settle();

	const faults = [
		...answers.flatMap(({ order, move, answer }) => unjustified(world, plan, order, move, answer)),
		...adjusted.filter(({ answer }) => !["done", "INSUFFICIENT_STOCK"].includes(answer)).map(({ answer }) => answer),
	];
	for (const { id, delta, answer } of adjusted) if (answer === "done") products.get(id)!.put += delta;
	const states = await inventory.statesOf(orders.map(({ id }) => id));
	for (const order of orders) {
		const moves = plan.moves.get(order) ?? [];
		const state = states.get(order.id);
		if (!statesAfter(moves, order).has(state)) faults.push(`I1: order ${order.id} became ${state}`);
		order.state = state;
		world.seen.add(state);
		order.tombstone ||= moves.includes("release");
	}
	for (const [id, { put }] of products) faults.push(...(await wrongStock(world, id, put)));
	return faults;
}

const TERMS = ["PRODUCT_UNAVAILABLE", "PRICE_CHANGED"];

/** A refusal needs a reason, and who comes on other terms than the shopper saw gets one. */
function unjustified(world: World, plan: Plan, order: ModelOrder, move: Move, answer: Answer): string[] {
	const spoilt = [...order.wants.keys()].some((id) => !world.products.get(id)!.asSeen);
	const allowed = allowedAnswers(world, plan, order, move, spoilt);
	return allowed.includes(answer) ? [] : [`${move} of ${order.id} was answered ${answer}, not ${allowed.join(" or ")}`];
}

function allowedAnswers(world: World, plan: Plan, order: ModelOrder, move: Move, spoilt: boolean): Answer[] {
	const others = plan.moves.get(order)!;
	if (move === "reserve") {
		const isNew = order.state === undefined;
		const undone = order.tombstone || others.includes("release") ? ["SAGA_STEP_UNDONE"] : [];
		if (isNew && spoilt) return [...undone, ...TERMS, "OUT_OF_STOCK"];
		return ["done", ...undone, ...(isNew && mayBeShort(world, plan, order) ? ["OUT_OF_STOCK"] : [])];
	}
	if (move === "secure") {
		const mayBeGone = order.state !== "RESERVED" && order.state !== "SECURED";
		const mayGo = others.some((other) => other !== "secure" && other !== "reserve");
		const isRetaken = order.state === "EXPIRED" || others.includes("expire");
		return ["done", ...(mayBeGone || mayGo ? ["OUT_OF_STOCK"] : []), ...(spoilt && isRetaken ? TERMS : [])];
	}
	if ((move === "sell" || move === "cancel") && order.state === undefined) {
		return [...(others.includes("reserve") ? ["done"] : []), "UNKNOWN_AGGREGATE"];
	}
	return ["done"];
}

/** Whether the stock of what the order wants could have been too low at any moment of the round. */
function mayBeShort({ orders, products }: World, plan: Plan, order: ModelOrder): boolean {
	return [...order.wants].some(([id, quantity]) => {
		const { on_hand, reserved } = stockBy(orders, id, products.get(id)!.put);
		const taken = plan.adjustments.reduce((sum, [of, delta]) => sum + (of === id ? Math.min(0, delta) : 0), 0);
		const claimed = [...plan.moves].reduce(
			(sum, [other, moves]) =>
				other !== order && (moves.includes("reserve") || moves.includes("secure"))
					? sum + (other.wants.get(id) ?? 0)
					: sum,
			0,
		);
		return on_hand - reserved + taken - claimed < quantity;
	});
}

async function wrongStock({ inventory, orders }: World, id: string, put: number): Promise<string[]> {
	const expected = stockBy(orders, id, put);
	const stock = await inventory.stockOf(id);
	const written = await inventory.movementsOf(id);
	const same =
		stock.on_hand === expected.on_hand && stock.reserved === expected.reserved && stock.sold === expected.sold;
	const booked = written.on_hand === stock.on_hand && written.reserved === stock.reserved;
	const sound = stock.reserved >= 0 && stock.reserved <= stock.on_hand;
	return [
		...(same && sound ? [] : [`I1: product ${id} has ${JSON.stringify(stock)}, not ${JSON.stringify(expected)}`]),
		...(booked ? [] : [`I1: the movements of product ${id} add up to ${JSON.stringify(written)}`]),
	];
}
