import type { Pool } from "pg";
import { distinct, type HeardEvent } from "./auditor";

/** Something that services tell of, as it has turned out. */
interface Thing {
	/** Whose events: producer and aggregate. */
	key: string;
	/** For people. */
	what: string;
	/** The types of its events in their order, a space after each: a regular expression. */
	life: string;
	/** What the data of each of these types says, and of the last one of all. */
	says: Record<string, object>;
	last: object;
}

// Of the reservation of a cancelled order it is open whether it was sold before: a cancellation may overtake the sale.
const THINGS = `SELECT 'orders ' || id AS key, 'order ' || id || ' is ' || status AS what,
		'OrderPlaced ' || CASE
			WHEN status IN ('FAILED', 'COMPENSATED') THEN 'OrderFailed '
			WHEN status = 'CONFIRMED' THEN 'OrderConfirmed '
			WHEN status = 'SHIPPED' THEN 'OrderConfirmed OrderShipped '
			WHEN status = 'DELIVERED' THEN 'OrderConfirmed OrderShipped OrderDelivered '
			WHEN status = 'CANCELLED' THEN 'OrderConfirmed OrderCancelled '
			ELSE ''
		END AS life,
		json_build_object(
			'OrderPlaced', json_build_object('userId', user_id, 'total', total, 'currency', currency),
			'OrderConfirmed', json_build_object('userId', user_id, 'total', total, 'currency', currency),
			'OrderFailed', json_build_object('userId', user_id, 'reason', failure_reason),
			'OrderCancelled', json_build_object('userId', user_id, 'cartId', cart_id),
			'OrderShipped', json_build_object('userId', user_id),
			'OrderDelivered', json_build_object('userId', user_id)
		) AS says, '{}'::json AS last
	FROM orders.orders
	UNION ALL SELECT 'payments ' || p.id, 'the payment of order ' || p.order_id || ' is ' || p.status, CASE
			WHEN p.status = 'AUTHORIZING' THEN ''
			WHEN p.status = 'DECLINED' THEN 'PaymentFailed '
			WHEN p.status <> 'VOIDED' THEN 'PaymentProcessed '
			WHEN p.by_hand IS NOT NULL THEN '(PaymentProcessed )?(PaymentFailed )?'
			WHEN o.status = 'CANCELLED' THEN 'PaymentProcessed '
			ELSE '(PaymentProcessed )?PaymentFailed '
		END,
		json_build_object(
			'PaymentProcessed', json_build_object('orderId', p.order_id, 'amount', p.amount, 'currency', p.currency),
			'PaymentFailed', json_build_object('orderId', p.order_id, 'amount', p.amount, 'currency', p.currency,
				'reason', CASE WHEN p.status = 'DECLINED' THEN p.failure_reason ELSE 'VOIDED' END)
		), '{}'
	FROM payments.payments p LEFT JOIN orders.orders o ON o.id = p.order_id
	UNION ALL SELECT 'products ' || order_id, 'the reservation of order ' || order_id || ' is ' || state,
		'(StockReserved StockReleased )*' || CASE WHEN state IN ('RESERVED', 'SOLD') THEN 'StockReserved ' ELSE '' END,
		json_build_object(
			'StockReserved', json_build_object('cartId', cart_id, 'items', items),
			'StockReleased', json_build_object('cartId', cart_id, 'items', items)
		),
		CASE
			WHEN state = 'EXPIRED' THEN json_build_object('reason', 'EXPIRED')
			WHEN state = 'RESTOCKED' THEN json_build_object('reason', 'ORDER_CANCELLED')
			ELSE '{}'
		END
	FROM catalog.reservations JOIN (
		SELECT order_id, json_agg(json_build_object('productId', product_id, 'quantity', quantity) ORDER BY product_id) AS items
		FROM catalog.reservation_lines GROUP BY order_id
	) l USING (order_id)`;

// A cart is ordered as often as it takes, and what a shopper does with it in between is told as it is done.
const CARTS = `SELECT reference AS cart, status,
		(SELECT coalesce(json_agg(json_build_object('orderId', order_id, 'userId', k.user_id, 'total', total) ORDER BY order_id), '[]')
			FROM cart.checkouts k WHERE cart_id = carts.id) AS checkouts
	FROM cart.carts`;

const PRODUCTS = `SELECT id, json_build_object('name', name, 'price', price, 'active', active) AS last FROM catalog.products`;

interface Cart {
	cart: string;
	status: string;
	checkouts: { orderId: string; userId: string; total: number }[];
}

/**
 * What has happened was told, once and as it was, when nothing is in progress: each order, payment and reservation has the
 * events of its life and no others; of a cart its checkouts and its end were told, and of a product that it is there, and
 * how it is. What shoppers put into carts is not compared. What follows from one checkout is correlated. @returns a sentence for each fault
 */
export async function untold(database: Pick<Pool, "query">, heard: readonly HeardEvent[]): Promise<string[]> {
	const told = byAggregate(heard);
	const rowsOf = async <Row extends object>(text: string): Promise<Row[]> => (await database.query<Row>(text)).rows;
	const things = await rowsOf<Thing>(THINGS);
	const carts = await rowsOf<Cart>(CARTS);
	const products = await rowsOf<{ id: string; last: object }>(PRODUCTS);
	return [
		...things.flatMap((thing) => ofThing(thing, told.get(thing.key) ?? [])),
		...carts.flatMap((cart) => ofCart(cart, told.get(`cart ${cart.cart}`) ?? [])),
		...products.flatMap(({ id, last }) => ofProduct(id, last, told.get(`products ${id}`) ?? [])),
		...correlatedOtherwise(heard),
	].map((fault) => `I4: ${fault}`);
}

type Told = HeardEvent["envelope"];

function byAggregate(heard: readonly HeardEvent[]): Map<string, Told[]> {
	const groups = new Map<string, Told[]>();
	for (const { envelope } of distinct(heard)) {
		const key = `${envelope.producer} ${envelope.aggregate_id}`;
		groups.set(key, [...(groups.get(key) ?? []), envelope]);
	}
	for (const group of groups.values()) group.sort((one, other) => one.aggregate_version - other.aggregate_version);
	return groups;
}

function ofThing({ what, life, says, last }: Thing, events: readonly Told[]): string[] {
	const types = events.map(({ event_type }) => `${event_type} `).join("");
	if (!new RegExp(`^${life}$`).test(types)) return [`${what}, and its events are ${types || "none"}`];
	return [...events, ...events.slice(-1)].flatMap((each, at) =>
		differing(what, each, at < events.length ? says[each.event_type] : last),
	);
}

function ofCart({ cart, status, checkouts }: Cart, events: readonly Told[]): string[] {
	const initiated = events.filter(({ event_type }) => event_type === "CartCheckoutInitiated");
	const cleared = (reason: string): number =>
		events.filter(({ event_type, data }) => event_type === "CartCleared" && data["reason"] === reason).length;
	const isOrdered = status === "CHECKED_OUT";
	// What a failed order gives back to a shopper who has another cart by now is no guest's.
	const isGuests = status === "MERGED" && checkouts.length === 0;
	return [
		...(initiated.length === checkouts.length
			? []
			: [`cart ${cart} was ordered ${checkouts.length} times, and that was told ${initiated.length} times`]),
		...checkouts.flatMap((checkout) => {
			const its = initiated.find(({ data }) => data["orderId"] === checkout.orderId);
			return its
				? differing(`the checkout of cart ${cart}`, its, checkout)
				: [`the checkout ${checkout.orderId} was not told`];
		}),
		...(cleared("CHECKED_OUT") === Number(isOrdered)
			? []
			: [`cart ${cart} is ${status}, and was told ${cleared("CHECKED_OUT")} times to be emptied by its order`]),
		...(cleared("MERGED") >= Number(isGuests) && cleared("MERGED") <= Number(status === "MERGED")
			? []
			: [`cart ${cart} is ${status}, and was told ${cleared("MERGED")} times to be merged`]),
	];
}

/** Those that were there before anybody listened have none. */
function ofProduct(id: string, last: object, events: readonly Told[]): string[] {
	if (events.length === 0) return [];
	const first = events[0]!.event_type === "ProductCreated" ? [] : [`product ${id} was told before it was created`];
	return [...first, ...differing(`product ${id}`, events.at(-1)!, last)];
}

function correlatedOtherwise(heard: readonly HeardEvent[]): string[] {
	return distinct(heard).flatMap(({ envelope: { event_type, correlation_id, data } }) => {
		const orderId = data["orderId"];
		if (typeof orderId !== "string" || correlation_id === orderId) return [];
		return [`${event_type} of order ${orderId} is correlated with ${correlation_id}`];
	});
}

function differing(what: string, { event_type, data }: Told, said: object = {}): string[] {
	return Object.entries(said).flatMap(([field, value]) => {
		const is = textOf(data[field]);
		const expected = textOf(value);
		return is === expected ? [] : [`${what}: ${event_type} says ${field} ${is}, which is ${expected}`];
	});
}

/** Lines of an order are the same in whatever order. */
function textOf(value: unknown): string {
	return Array.isArray(value) ? value.map(textOf).toSorted().join() : JSON.stringify(value);
}
