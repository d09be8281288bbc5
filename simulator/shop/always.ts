import type { HeardEvent } from "../../tests/support/auditor";
import type { Control } from "../world/postgres/control";

/** What holds at every moment: asked for after each step that has committed something. */
export interface Watch {
	/** Statements that may have changed something were committed. */
	committed(statements: readonly string[]): void;
	/** @returns a sentence for each fault; undefined where there is nothing new to look at */
	look(): Promise<string[]> | undefined;
}

/** Leases, heartbeats and what is asked for again and again: nothing of it changes what is looked at here. */
const UPKEEP = /\.(outbox\.(share|leave|release)|missed\.|saga\.(claim|renew|release|wait)|inbox\.|suspects\.)/;

/** @param heard every event that RabbitMQ has taken, in its order; it grows */
export function watch(control: Control, heard: readonly HeardEvent[]): Watch {
	let isNew = false;
	let told = 0;
	/** The last version of each producer's aggregate that RabbitMQ has taken. */
	const versions = new Map<string, number>();

	const ask = async (text: string, values: readonly unknown[] = []): Promise<string[]> =>
		(await control.query<{ fault: string }>(text, values)).map(({ fault }) => fault);

	async function lookAt(events: readonly HeardEvent[], hasCommitted: boolean): Promise<string[]> {
		const broken = events.flatMap((event) => gap(event, versions));
		if (hasCommitted) broken.push(...(await ask(BROKEN)));
		for (const [producer, text] of Object.entries(UNSOUND_EVENTS)) {
			const its = events.map(({ envelope }) => envelope).filter((envelope) => envelope.producer === producer);
			if (its.length === 0) continue;
			const ids = [its.map(({ event_id }) => event_id), its.map(({ aggregate_id }) => aggregate_id)];
			broken.push(...(await ask(text, ids)));
		}
		return broken;
	}

	return {
		committed(statements) {
			isNew ||= statements.some((statement) => !UPKEEP.test(statement));
		},
		look() {
			if (!isNew && heard.length === told) return undefined;
			const looking = lookAt(heard.slice(told), isNew);
			isNew = false;
			told = heard.length;
			return looking;
		},
	};
}

/** A relay that did not hear of the confirm publishes once more, perhaps long after: what is old is no gap. */
function gap({ envelope }: HeardEvent, versions: Map<string, number>): string[] {
	const { producer, aggregate_id: id, aggregate_version: version, event_type: type } = envelope;
	const key = `${producer} ${id}`;
	const last = versions.get(key) ?? 0;
	versions.set(key, Math.max(last, version));
	return version <= last + 1 ? [] : [`I7: ${type} of ${key} has version ${version}, after ${last}`];
}

/**
 * An order's life, as services/orders has it: one way forward, and no way back from its end but a cancellation before
 * the parcel has left.
 */
const EDGES = [
	"- PENDING",
	"PENDING CART_VALIDATED",
	"CART_VALIDATED PAYMENT_PROCESSED",
	"PAYMENT_PROCESSED CONFIRMED",
	"PENDING FAILED",
	"CART_VALIDATED FAILED",
	"PAYMENT_PROCESSED FAILED",
	"FAILED COMPENSATED",
	"CONFIRMED CANCELLED",
	"CONFIRMED SHIPPED",
	"SHIPPED DELIVERED",
];

const STOCK = `SELECT 'I1: product ' || s.product_id || ' has ' || on_hand || ' on hand, ' || reserved || ' reserved and '
		|| sold || ' sold; written down are ' || coalesce(put_in, 0) || ' put in, ' || coalesce(on_hand_moved, 0) || ' and '
		|| coalesce(reserved_moved, 0) || ' moved, ' || coalesce(kept, 0) || ' reserved and ' || coalesce(bought, 0) || ' bought'
	FROM catalog.stock s LEFT JOIN (
		SELECT product_id, sum(on_hand_change) FILTER (WHERE kind IN ('OPENED', 'ADJUSTED')) AS put_in,
			sum(on_hand_change) AS on_hand_moved, sum(reserved_change) AS reserved_moved
		FROM catalog.stock_movements GROUP BY product_id
	) m ON m.product_id = s.product_id LEFT JOIN (
		SELECT product_id, sum(quantity) FILTER (WHERE state = 'RESERVED') AS kept,
			sum(quantity) FILTER (WHERE state = 'SOLD') AS bought
		FROM catalog.reservations JOIN catalog.reservation_lines USING (order_id) GROUP BY product_id
	) r ON r.product_id = s.product_id
	WHERE reserved < 0 OR reserved > on_hand OR on_hand + sold <> coalesce(put_in, 0)
		OR on_hand <> coalesce(on_hand_moved, 0) OR reserved <> coalesce(reserved_moved, 0)
		OR reserved <> coalesce(kept, 0) OR sold <> coalesce(bought, 0)`;

const LIVES = `SELECT 'I2: order ' || order_id || ' went from ' || coalesce(before, 'nothing') || ' to ' || status FROM (
		SELECT order_id, status, lag(status) OVER (PARTITION BY order_id ORDER BY version) AS before FROM orders.order_history
	) h WHERE coalesce(before, '-') || ' ' || status NOT IN (${EDGES.map((edge) => `'${edge}'`).join(", ")})
	UNION ALL SELECT 'I2: order ' || o.id || ' is ' || o.status || ', and its history ends ' || coalesce(h.status, 'nowhere')
	FROM orders.orders o LEFT JOIN (
		SELECT DISTINCT ON (order_id) order_id, status FROM orders.order_history ORDER BY order_id, version DESC
	) h ON h.order_id = o.id WHERE h.status IS DISTINCT FROM o.status`;

// The provider's books are written first, and the shop's own behind them: so it is asked what the shop must have been by then.
const MONEY = `SELECT 'I3: order ' || coalesce(o.id, order_id) || ' is ' || coalesce(o.status, 'unknown') || ' and the ledger has '
		|| authorised || ' authorize, ' || captured || ' capture, ' || voided || ' void, ' || refunded || ' refund, of '
		|| least || ' to ' || most
	FROM (
		SELECT order_id, count(*) FILTER (WHERE kind = 'authorize') AS authorised,
			count(*) FILTER (WHERE kind = 'capture') AS captured, count(*) FILTER (WHERE kind = 'void') AS voided,
			count(*) FILTER (WHERE kind = 'refund') AS refunded, min(amount) AS least, max(amount) AS most
		FROM sandbox_provider.ledger GROUP BY order_id
	) l LEFT JOIN orders.orders o ON o.id = l.order_id
	WHERE o.id IS NULL OR authorised > 1 OR captured > 1 OR voided > 1 OR refunded > 1 OR (captured > 0 AND voided > 0)
		OR refunded > captured OR captured + voided > authorised OR least <> o.total OR most <> o.total
		OR o.status = 'PENDING'
		OR (captured > 0 AND o.status NOT IN ('CONFIRMED', 'SHIPPED', 'DELIVERED', 'CANCELLED'))
		OR (voided > 0 AND o.status NOT IN ('FAILED', 'COMPENSATED', 'CANCELLED'))
		OR (refunded > 0 AND o.status <> 'CANCELLED')`;

const HOLDINGS = `SELECT 'I1: order ' || o.id || ' is ' || o.status || ' and its reservation is ' || coalesce(r.state, 'missing')
	FROM orders.orders o LEFT JOIN catalog.reservations r ON r.order_id = o.id
	WHERE (o.status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') AND r.state IS DISTINCT FROM 'SOLD'
			AND (r.state IS DISTINCT FROM 'RESERVED' OR r.expires_at IS NOT NULL))
		OR (o.status = 'COMPENSATED' AND r.state IN ('RESERVED', 'SOLD') AND NOT EXISTS (
			SELECT FROM orders.saga_state WHERE saga = 'giving back by hand' AND correlation_id = o.id::text AND status <> 'COMPLETED'
		))`;

const BROKEN = `SELECT fault FROM (${[STOCK, LIVES, MONEY, HOLDINGS].join(" UNION ALL ")}) AS broken (fault)`;

/** Of the aggregates whose events were just published: what is published is committed, and nothing before it is missing. */
const unsoundEvents = (schema: string): string => `WITH committed AS (
		SELECT event_id, aggregate_id, aggregate_version FROM ${schema}.outbox WHERE aggregate_id = ANY ($2::uuid[])
		UNION ALL SELECT event_id, aggregate_id, aggregate_version FROM ${schema}.outbox_history
		WHERE aggregate_id = ANY ($2::uuid[])
	)
	SELECT 'I4: event ' || id || ' of ${schema} was published, and is not committed' AS fault
	FROM unnest($1::uuid[]) AS id WHERE id NOT IN (SELECT event_id FROM committed)
	UNION ALL SELECT 'I7: of ' || version || ' events of ${schema} ' || aggregate_id || ' there are '
		|| (SELECT count(*) FROM committed c WHERE c.aggregate_id = a.aggregate_id)
	FROM ${schema}.outbox_aggregates a WHERE aggregate_id = ANY ($2::uuid[])
		AND version <> (SELECT count(*) FROM committed c WHERE c.aggregate_id = a.aggregate_id)`;

const UNSOUND_EVENTS: Readonly<Record<string, string>> = Object.fromEntries(
	[["users"], ["products", "catalog"], ["cart"], ["orders"], ["payments"]].map(([producer, schema = producer]) => [
		producer,
		unsoundEvents(schema!),
	]),
);
