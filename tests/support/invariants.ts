import type { Pool } from "pg";
import { matches } from "../../mixins/events/topology";
import { topology } from "../../services/topology";
import { distinct, type HeardEvent } from "./auditor";
import { untold } from "./told";

/** What the invariants are checked against. */
export interface Books {
	database: Pick<Pool, "query">;
	heard: readonly HeardEvent[];
	/** What was put into the shop of each product, by its id. Products that are not named are not compared. */
	initialStock: ReadonlyMap<string, number>;
}

const SCHEMAS = ["users", "catalog", "cart", "orders", "payments"];
/** Where each service's queues keep their inbox. */
const SCHEMA_OF: Record<string, string> = { cart: "cart", orders: "orders", products: "catalog" };

/** Checks, from outside and by SQL, what must hold when nothing is in progress. @returns a sentence for each fault */
export async function brokenInvariants(books: Books): Promise<string[]> {
	const found = await Promise.all([
		brokenStock(books),
		limbo(books),
		brokenMoney(books),
		lostEvents(books),
		untold(books.database, books.heard),
		brokenInboxes(books),
		brokenOrder(books),
	]);
	return found.flat();
}

interface StockRow {
	id: string;
	on_hand: number;
	reserved: number;
	sold: string;
	held: string;
	/** What the written movements say of the two. */
	moved: [onHand: number, reserved: number];
}

/**
 * I1: initial = on hand + sold, nothing reserved, and sold is what confirmed orders hold; and every change of it was
 * written down.
 */
async function brokenStock({ database, initialStock }: Books): Promise<string[]> {
	const { rows } = await database.query<StockRow>(
		`SELECT product_id AS id, on_hand, reserved, sold, (
			SELECT json_build_array(sum(on_hand_change), sum(reserved_change)) FROM catalog.stock_movements m
			WHERE m.product_id = stock.product_id
		) AS moved, coalesce((
			SELECT sum((line ->> 'quantity')::int) FROM orders.orders, jsonb_array_elements(items) AS line
			WHERE status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') AND (line ->> 'productId')::uuid = product_id
		), 0) AS held
		FROM catalog.stock`,
	);
	return rows.flatMap(({ id, on_hand, reserved, sold, held, moved }) => {
		const initial = initialStock.get(id);
		return [
			...(moved[0] === on_hand && moved[1] === reserved
				? []
				: [
						`I1: product ${id} has ${on_hand} and ${reserved} reserved, its movements add up to ${moved.join(" and ")}`,
					]),
			...(reserved === 0 ? [] : [`I1: ${reserved} of product ${id} are still reserved`]),
			...(Number(sold) === Number(held) ? [] : [`I1: ${sold} of product ${id} were sold, orders hold ${held}`]),
			...(initial === undefined || initial === on_hand + Number(sold)
				? []
				: [`I1: of ${initial} of product ${id} there are ${on_hand} on hand and ${sold} sold`]),
		];
	});
}

/** I2: every accepted checkout is an order, and every order, saga and cart is settled. */
async function limbo({ database }: Books): Promise<string[]> {
	const { rows } = await database.query<{ fault: string }>(
		`SELECT 'I2: order ' || id || ' is ' || status AS fault FROM orders.orders
			WHERE status IN ('PENDING', 'CART_VALIDATED', 'PAYMENT_PROCESSED', 'FAILED')
		UNION ALL
		SELECT 'I2: the saga ' || saga || ' ' || saga_id || ' is ' || status || ' (' || coalesce(failure_reason, '') || ')'
			FROM orders.saga_state WHERE status NOT IN ('COMPLETED', 'COMPENSATED')
		UNION ALL
		SELECT 'I2: the accepted checkout ' || order_id || ' became no order' FROM cart.checkouts
			WHERE order_id NOT IN (SELECT id FROM orders.orders)
		UNION ALL
		SELECT 'I2: the payment token of order ' || order_id || ' is not forgotten' FROM cart.checkouts
			WHERE payment_token IS NOT NULL
		UNION ALL
		SELECT 'I2: cart ' || id || ' is being ordered still' FROM cart.carts WHERE status = 'CHECKING_OUT'`,
	);
	return rows.map(({ fault }) => fault);
}

/**
 * I3: by the provider's own books. What an operator has left out, or has seen to by hand, may be missing there, and an
 * attempt of before may have done it after all.
 */
async function brokenMoney({ database }: Books): Promise<string[]> {
	const { rows } = await database.query<{ fault: string }>(
		`WITH entries AS (
			SELECT order_id, count(*) FILTER (WHERE kind = 'authorize') AS authorized,
				count(*) FILTER (WHERE kind = 'capture') AS captured, count(*) FILTER (WHERE kind = 'void') AS voided,
				count(*) FILTER (WHERE kind = 'refund') AS refunded, min(amount) AS least, max(amount) AS most
			FROM sandbox_provider.ledger GROUP BY order_id
		), decided AS (
			SELECT DISTINCT correlation_id AS order_id FROM orders.saga_log l JOIN orders.saga_state USING (saga_id)
			WHERE l.step LIKE '% the payment' AND outcome IN ('SKIPPED', 'COMPLETED_BY_HAND')
		), judged AS (
			SELECT o.id, o.status, e.*, CASE
				WHEN o.id IS NULL THEN false
				WHEN o.id::text IN (SELECT order_id FROM decided) AND e.order_id IS NOT NULL THEN
					(authorized, least, most) IS NOT DISTINCT FROM (1, o.total, o.total)
					AND captured + voided <= 1 AND refunded <= captured
					AND (o.status IN ('CANCELLED', 'COMPENSATED') OR voided + refunded = 0)
				WHEN o.status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') THEN
					(authorized, captured, voided, refunded, least, most) IS NOT DISTINCT FROM (1, 1, 0, 0, o.total, o.total)
				WHEN o.status = 'CANCELLED' THEN
					(authorized, least, most) IS NOT DISTINCT FROM (1, o.total, o.total)
					AND (captured, voided, refunded) IN ((1, 0, 1), (0, 1, 0))
				WHEN e.order_id IS NULL THEN true
				ELSE (authorized, captured, voided, refunded) IS NOT DISTINCT FROM (1, 0, 1, 0)
			END AS sound
			FROM orders.orders o FULL JOIN entries e ON e.order_id = o.id
		)
		SELECT 'I3: order ' || coalesce(id, order_id) || ' is ' || coalesce(status, 'unknown') || ' and the ledger has '
			|| coalesce(authorized, 0) || ' authorize, ' || coalesce(captured, 0) || ' capture, ' || coalesce(voided, 0)
			|| ' void, ' || coalesce(refunded, 0) || ' refund' AS fault
		FROM judged WHERE NOT sound
		UNION ALL
		SELECT 'I3: order ' || id || ' is ' || status || ' and says that its payment is ' || payment_status FROM orders.orders
		WHERE (status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') AND payment_status <> 'CAPTURED'
			OR status = 'CANCELLED' AND payment_status NOT IN ('REFUNDED', 'VOIDED'))
			AND id::text NOT IN (SELECT order_id FROM decided)`,
	);
	return rows.map(({ fault }) => fault);
}

/** I4: the outboxes are empty, and what they ever held has reached the auditor. */
async function lostEvents({ database, heard }: Books): Promise<string[]> {
	const waiting = await database.query<{ schema: string; count: string }>(
		SCHEMAS.map((schema) => `SELECT '${schema}' AS schema, count(*) FROM ${schema}.outbox`).join(" UNION ALL "),
	);
	const committed = await committedEvents(database);
	const arrived = distinct(heard).length;
	return [
		...waiting.rows
			.filter(({ count }) => Number(count) > 0)
			.map(({ schema, count }) => `I4: ${count} events wait in ${schema}.outbox`),
		...(committed === arrived ? [] : [`I4: ${committed} events were committed, the auditor has heard ${arrived}`]),
	];
}

/** However often they were published: each event has raised the version of its aggregate by one. */
export async function committedEvents(database: Books["database"]): Promise<number> {
	const counted = await database.query<{ sum: string }>(
		`SELECT sum(version) FROM (${SCHEMAS.map((schema) => `SELECT version FROM ${schema}.outbox_aggregates`).join(
			" UNION ALL ",
		)}) AS all_versions`,
	);
	return Number(counted.rows[0]!.sum);
}

/** I5: each consumer has handled exactly the events that its queue is bound to. */
async function brokenInboxes({ database, heard }: Books): Promise<string[]> {
	const faults: string[] = [];
	for (const { name, bindings } of topology.queues) {
		const { rows } = await database.query<{ event_id: string }>(
			`SELECT event_id FROM ${SCHEMA_OF[name.split(".")[0]!]}.inbox WHERE consumer = $1`,
			[name],
		);
		const handled = new Set(rows.map(({ event_id }) => event_id));
		const meant = distinct(heard).filter(({ exchange, routingKey }) =>
			bindings.some((binding) => binding.exchange === exchange && matches(binding.pattern, routingKey)),
		);
		const missing = meant.filter(({ envelope }) => !handled.has(envelope.event_id));
		if (missing.length > 0) {
			faults.push(`I5: ${name} has not handled ${missing.map(({ envelope }) => envelope.event_type).join(", ")}`);
		}
		if (handled.size > meant.length)
			faults.push(`I5: ${name} has handled ${handled.size - meant.length} events too many`);
	}
	return faults;
}

/** I7: for each producer's aggregate the versions 1, 2, 3 … have arrived, in this order. */
async function brokenOrder({ heard }: Books): Promise<string[]> {
	const last = new Map<string, number>();
	const faults: string[] = [];
	for (const { envelope } of distinct(heard)) {
		const key = `${envelope.producer} ${envelope.aggregate_id}`;
		const expected = (last.get(key) ?? 0) + 1;
		if (envelope.aggregate_version !== expected) {
			faults.push(
				`I7: ${envelope.event_type} of ${key} has version ${envelope.aggregate_version}, expected was ${expected}`,
			);
		}
		last.set(key, envelope.aggregate_version);
	}
	return faults;
}
