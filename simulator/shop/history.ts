import type { Command } from "./client";
import { LATER } from "./filling";
import type { Records } from "./records";

/**
 * I6, as Jepsen's checkers judge: what a client was told is done is there, once; what was refused is not; of what nobody
 * knows it may be there once or not at all. @returns a sentence for each answer that was not kept
 */
export function brokenAnswers(history: readonly Command[], records: Records): string[] {
	return [
		...brokenCheckouts(history, records),
		...inventedOrders(history, records),
		...brokenCarts(history, records),
		...brokenCancellations(history, records),
		...brokenShipments(history, records),
		...brokenProducts(history, records),
	];
}

/** How often something is there at the least and at the most. */
interface Bounds {
	least: number;
	most: number;
}

interface OrderAnswer {
	id: string;
	total: { amount: number };
	items: { productId: string; quantity: number; unitPrice: { amount: number } }[];
}

interface CartAnswer {
	items: { productId: string; unitPrice: { amount: number } }[];
}

/** One command, asked for once or again and again with one key. */
type Asked = [Command, ...Command[]];

function* askedWithOneKey(history: readonly Command[], action: string): Generator<Asked> {
	const byKey = new Map<string, Asked>();
	for (const command of history) {
		if (command.action !== action) continue;
		const key = `${command.who.id} ${String(command.params.idempotencyKey)}`;
		const before = byKey.get(key);
		if (before) before.push(command);
		else byKey.set(key, [command]);
	}
	yield* byKey.values();
}

const isDone = ({ told }: Command): boolean => told?.kind === "done";
const isRefused = ({ told }: Command): boolean => told?.kind === "refused";
const isUnknown = ({ told }: Command): boolean => told === undefined || told.kind === "unknown";
const answerOf = <Answer>({ told }: Command): Answer => (told as { answer: Answer }).answer;

/** Repeated with one key it counts once. */
function onceOf(asked: Asked): Bounds {
	if (asked.some(isDone)) return { least: 1, most: 1 };
	return { least: 0, most: asked.some(isUnknown) ? 1 : 0 };
}

function brokenCheckouts(history: readonly Command[], records: Records): string[] {
	return [...askedWithOneKey(history, "cart.checkout")].flatMap((asked) => {
		const [{ who, params }] = asked;
		const name = `the checkout "${String(params.idempotencyKey)}"`;
		const known = records.keys.filter(({ userId, key }) => userId === who.id && key === params.idempotencyKey);
		const answers = asked.filter(isDone).map((command) => answerOf<OrderAnswer>(command));
		const told = [...new Set(answers.map(({ id }) => id))];
		const broken: string[] = [];
		if (told.length > 1) broken.push(`I6: ${name} was answered with several orders: ${told.join(", ")}`);
		if (known.length > 0 && asked.some(isRefused))
			broken.push(`I6: ${name} was refused (${refusalsOf(asked)}), and became the order ${known[0]!.orderId}`);
		const { least, most } = onceOf(asked);
		if (known.length < least) broken.push(`I6: ${name} was accepted as ${told.join()}, and is not there`);
		if (known.length > most && !asked.some(isRefused)) broken.push(`I6: ${name} became ${known.length} orders`);
		for (const id of told)
			if (known[0] && known[0].orderId !== id)
				broken.push(`I6: ${name} was answered with ${id}, and is ${known[0].orderId}`);
		for (const { orderId } of known) broken.push(...brokenOrder(history, asked, orderId, answers, records));
		return broken;
	});
}

const refusalsOf = (asked: Asked): string =>
	asked.flatMap(({ told }) => (told?.kind === "refused" ? [told.code] : [])).join(", ");

/** The order is the cart as the shopper saw it, with the shopper's own name on it, wherever it is written down. */
function brokenOrder(
	history: readonly Command[],
	[{ who }]: Asked,
	orderId: string,
	answers: readonly OrderAnswer[],
	{ checkouts, orders }: Records,
): string[] {
	const name = `order ${orderId}`;
	const copies = [checkouts, orders].map((table) => table.find((row) => row.orderId === orderId));
	const bounds = additionsOf(history.filter(isForTheOrder), who.id);
	const prices = shownPricesOf(history, who.id);
	return copies.flatMap((copy, at) => {
		const where = at === 0 ? "cart.checkouts" : "orders.orders";
		if (!copy) return [`I6: ${name} was accepted, and is not in ${where}`];
		const { items, total, userId } = copy;
		const broken: string[] = [];
		if (userId !== who.id) broken.push(`I6: ${name} of ${who.id} is ${userId}'s in ${where}`);
		const quantities = new Map(items.map(({ productId, quantity }) => [productId, quantity]));
		if (quantities.size < items.length) broken.push(`I6: ${name} has one product on two lines in ${where}`);
		for (const productId of new Set([...quantities.keys(), ...bounds.keys()]))
			broken.push(...outside(quantities.get(productId) ?? 0, bounds.get(productId), `${name} in ${where}`, productId));
		for (const { productId, unitPrice } of items)
			if (!prices.get(productId)?.has(unitPrice))
				broken.push(`I6: ${name} has product ${productId} for ${unitPrice} in ${where}, which the shopper never saw`);
		const sum = sumOf(items);
		if (total !== sum) broken.push(`I6: ${name} comes to ${total} in ${where}, its lines to ${sum}`);
		for (const answer of answers)
			if (answer.total.amount !== total || described(linesOf(answer)) !== described(items))
				broken.push(
					`I6: ${name} was answered as ${described(linesOf(answer))}, and is ${described(items)} in ${where}`,
				);
		return broken;
	});
}

/** What was added after the checkout is in another cart. */
const isForTheOrder = ({ params }: Command): boolean => !String(params.idempotencyKey).startsWith(LATER);

function outside(count: number, bounds: Bounds | undefined, where: string, productId: string): string[] {
	const { least, most } = bounds ?? { least: 0, most: 0 };
	if (count >= least && count <= most) return [];
	const wanted = least === most ? `${least}` : `${least} to ${most}`;
	return [`I6: ${where} has ${count} of product ${productId}, the shopper added ${wanted}`];
}

/** How much of each product a user has put into carts, as a guest before as well; each key counts once. */
function additionsOf(history: readonly Command[], userId: string): Map<string, Bounds> {
	const sums = new Map<string, Bounds>();
	// Refused is the repetition of one whose answer was lost.
	const isJoined = history.some(
		(command) => command.action === "cart.joinGuest" && command.who.id === userId && !isUnknown(command),
	);
	for (const asked of askedWithOneKey(history, "cart.addItem")) {
		const [{ who, params }] = asked;
		if (who.id !== userId) continue;
		const { productId, quantity } = params as { productId: string; quantity: number };
		const { least, most } = onceOf(asked);
		const isElsewhere = who.role === "GUEST" && !isJoined;
		const sum = sums.get(productId) ?? { least: 0, most: 0 };
		sums.set(productId, { least: sum.least + (isElsewhere ? 0 : least) * quantity, most: sum.most + most * quantity });
	}
	return sums;
}

/** What a user's carts showed each product for. */
function shownPricesOf(history: readonly Command[], userId: string): Map<string, Set<number>> {
	const shown = new Map<string, Set<number>>();
	for (const command of history) {
		if (command.action !== "cart.addItem" || command.who.id !== userId || !isDone(command)) continue;
		for (const { productId, unitPrice } of answerOf<CartAnswer>(command).items)
			shown.set(productId, (shown.get(productId) ?? new Set()).add(unitPrice.amount));
	}
	return shown;
}

type Line = Records["orders"][number]["items"][number];

const linesOf = ({ items }: OrderAnswer): Line[] =>
	items.map(({ productId, quantity, unitPrice }) => ({ productId, quantity, unitPrice: unitPrice.amount }));

const sumOf = (items: readonly Line[]): number =>
	items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice, 0);

const described = (items: readonly Line[]): string =>
	items
		.map(({ productId, quantity, unitPrice }) => `${quantity} × ${productId} for ${unitPrice}`)
		.toSorted()
		.join(", ");

/** No order is there that nobody has asked for. */
function inventedOrders(history: readonly Command[], { keys, checkouts, orders }: Records): string[] {
	const asked = new Set(
		history
			.filter(({ action }) => action === "cart.checkout")
			.map(({ who, params }) => `${who.id} ${String(params.idempotencyKey)}`),
	);
	const meant = new Set(keys.filter(({ userId, key }) => asked.has(`${userId} ${key}`)).map(({ orderId }) => orderId));
	const accepted = new Set(checkouts.map(({ orderId }) => orderId));
	return [
		...checkouts
			.filter(({ orderId }) => !meant.has(orderId))
			.map(({ orderId }) => `I6: nobody has asked for the checkout of order ${orderId}`),
		...orders
			.filter(({ orderId }) => !accepted.has(orderId))
			.map(({ orderId }) => `I6: order ${orderId} comes from no checkout`),
	];
}

/** What was put into a cart stays in a cart, once, whatever became of its order. */
function brokenCarts(history: readonly Command[], { inCarts }: Records): string[] {
	const users = new Set(history.filter(({ action }) => action === "cart.addItem").map(({ who }) => who.id));
	const broken = [...users].flatMap((userId) => {
		const bounds = additionsOf(history, userId);
		const own = new Map(
			inCarts.filter((row) => row.userId === userId).map(({ productId, quantity }) => [productId, quantity]),
		);
		return [...new Set([...bounds.keys(), ...own.keys()])].flatMap((productId) =>
			outside(own.get(productId) ?? 0, bounds.get(productId), `the cart of ${userId}`, productId),
		);
	});
	// A guest's, who has not signed in, is nobody's.
	const strangers = inCarts.filter(({ userId }) => userId !== null && !users.has(userId));
	return [...broken, ...strangers.map(({ userId }) => `I6: ${userId} has a cart, and never asked for one`)];
}

function brokenCancellations(history: readonly Command[], { orders }: Records): string[] {
	return orders.flatMap(({ orderId, status }) => {
		const asked = history.filter(({ action, params }) => action === "orders.cancel" && params.id === orderId);
		if (asked.some(isDone) && status !== "CANCELLED")
			return [`I6: order ${orderId} was cancelled, as its shopper was told, and is ${status}`];
		if (status === "CANCELLED" && !asked.some(isDone) && !asked.some(isUnknown))
			return [`I6: order ${orderId} is CANCELLED, ${asked.length === 0 ? "and nobody asked" : "which was refused"}`];
		return [];
	});
}

function brokenShipments(history: readonly Command[], { orders }: Records): string[] {
	return orders.flatMap(({ orderId, status }) => {
		const of = (wanted: string): Command[] =>
			history.filter(({ action, params }) => action === wanted && params.id === orderId);
		const [shipped, delivered] = [of("orders.ship"), of("orders.deliver")];
		const isShipped = status === "SHIPPED" || status === "DELIVERED";
		const mayBe = (command: Command): boolean => isDone(command) || isUnknown(command);
		return [
			...(shipped.some(isDone) && !isShipped ? [`was shipped, as its clerk was told, and is ${status}`] : []),
			...(delivered.some(isDone) && status !== "DELIVERED"
				? [`was delivered, as its clerk was told, and is ${status}`]
				: []),
			...(isShipped && !shipped.some(mayBe) ? [`is ${status}, and nobody has shipped it`] : []),
			...(status === "DELIVERED" && !delivered.some(mayBe) ? ["is DELIVERED, and nobody has delivered it"] : []),
		].map((fault) => `I6: order ${orderId} ${fault}`);
	});
}

/** What clerks have done to products: these commands have no key, and each counts by itself. */
function brokenProducts(history: readonly Command[], { products }: Records): string[] {
	const made = history.filter(({ action }) => action === "products.create");
	const lost = made
		.filter(isDone)
		.map((command) => answerOf<{ id: string }>(command).id)
		.filter((id) => !products.some(({ productId }) => productId === id));
	return [
		...lost.map((id) => `I6: product ${id} was made, as its clerk was told, and is not there`),
		...products.flatMap((product) => [...brokenStock(history, product), ...brokenChange(history, product)]),
	];
}

type Product = Records["products"][number];

function brokenStock(history: readonly Command[], { productId, timesAdjusted, adjustedBy }: Product): string[] {
	const asked = history.filter(
		({ action, params }) => action === "products.adjustStock" && params.productId === productId,
	);
	const done = asked.filter(isDone);
	const maybe = asked.filter(isUnknown);
	const least = deltaOf(done);
	const most = least + deltaOf(maybe);
	const isKept =
		timesAdjusted >= done.length &&
		timesAdjusted <= done.length + maybe.length &&
		adjustedBy >= least &&
		adjustedBy <= most;
	if (isKept) return [];
	return [
		`I6: the stock of product ${productId} was changed ${timesAdjusted} times by ${adjustedBy}, ` +
			`clerks were told of ${done.length} by ${least} and don't know of ${maybe.length}`,
	];
}

const deltaOf = (commands: readonly Command[]): number =>
	commands.reduce((sum, { params }) => sum + (params.delta as number), 0);

/** The clerks of a simulation give a product one price, and take it away for good. */
function brokenChange(history: readonly Command[], { productId, price, active }: Product): string[] {
	const asked = history.filter(({ action, params }) => action === "products.update" && params.id === productId);
	const broken: string[] = [];
	const prices = asked.filter(({ params }) => params.price !== undefined);
	if (prices.some(isDone) && !prices.some(({ params }) => params.price === price))
		broken.push(`I6: product ${productId} got a new price, as its clerk was told, and costs ${price}`);
	if (active && asked.some((command) => command.params.active === false && isDone(command)))
		broken.push(`I6: product ${productId} was withdrawn, as its clerk was told, and is sold`);
	return broken;
}
