import { randomUUID } from "node:crypto";
import type { Database, Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";

export type PaymentStatus = "AUTHORIZING" | "AUTHORIZED" | "DECLINED" | "CAPTURED" | "VOIDED" | "REFUNDED";

/** A payment, as in the table `payments.payments`: one for an order. */
export interface PaymentRow {
	id: string;
	orderId: string;
	/** Minor units. */
	amount: number;
	currency: string;
	status: PaymentStatus;
	authorizeOperationId: string;
	failureReason: string | null;
	byHand: readonly SettledByHand[] | null;
	/** Since it was moved last. */
	unmovedForMs: number;
}

/** What it comes to. */
export function sumOf({ amount, currency }: PaymentRow): { total: number; currency: string } {
	return { total: amount, currency };
}

/** What a person has said that they did at the provider's desk, or that nobody will do. */
export interface SettledByHand {
	what: "capture" | "refund" | "void";
	/** False: it was left out. */
	isDone: boolean;
	by: string;
	reason: string;
}

type Queries = Pick<Database | Transaction, "query">;

const COLUMNS = `id, order_id AS "orderId", amount, currency, status, authorize_operation_id AS "authorizeOperationId",
	failure_reason AS "failureReason", by_hand AS "byHand",
	(extract(epoch FROM now() - updated_at) * 1000)::float8 AS "unmovedForMs"`;

const open = sql(
	"payments.open",
	`INSERT INTO payments.payments (id, order_id, amount, currency, status, authorize_operation_id)
	VALUES ($1, $2, $3, $4, 'AUTHORIZING', $5) ON CONFLICT (order_id) DO UPDATE SET updated_at = now()
	RETURNING ${COLUMNS}`,
);
const find = sql("payments.find", `SELECT ${COLUMNS} FROM payments.payments WHERE order_id = $1`);
const lockOf = sql(
	"payments.lock_of",
	`SELECT ${COLUMNS} FROM payments.payments WHERE authorize_operation_id = $1 FOR UPDATE`,
);
// By the clock: the transaction may have waited for the row, and what was under way meanwhile may still arrive.
const move = sql(
	"payments.move",
	`UPDATE payments.payments SET status = $3, failure_reason = coalesce($4, failure_reason), updated_at = clock_timestamp()
	WHERE order_id = $1 AND status = ANY ($2) RETURNING ${COLUMNS}`,
);

// The same operation again is noted already.
const note = sql(
	"payments.note_by_hand",
	`UPDATE payments.payments SET by_hand = coalesce(by_hand, '[]') || jsonb_build_array(
		$2::jsonb || jsonb_build_object('operationId', $3::text, 'at', now())
	)
	WHERE order_id = $1 AND NOT coalesce(by_hand, '[]') @> jsonb_build_array(jsonb_build_object('operationId', $3::text))`,
);

/** Writes down that a payment is about to be asked for. `isNew`: nobody has asked the provider before. */
export async function openPayment(
	tx: Transaction,
	{
		orderId,
		amount,
		currency,
		authorizeOperationId,
	}: Pick<PaymentRow, "orderId" | "amount" | "currency" | "authorizeOperationId">,
): Promise<{ payment: PaymentRow; isNew: boolean }> {
	const id = randomUUID();
	const [payment] = await tx.query<PaymentRow>(open, [id, orderId, amount, currency, authorizeOperationId]);
	return { payment: payment!, isNew: payment!.id === id };
}

export async function findPayment(db: Queries, orderId: string): Promise<PaymentRow | undefined> {
	return (await db.query<PaymentRow>(find, [orderId]))[0];
}

/** By the id of its authorisation, locked until the transaction ends. */
export async function lockPaymentOf(tx: Transaction, authorizeOperationId: string): Promise<PaymentRow | undefined> {
	return (await tx.query<PaymentRow>(lockOf, [authorizeOperationId]))[0];
}

/** @returns `undefined` when the payment was in none of the states `from`: somebody else has moved it */
export async function movePayment(
	tx: Transaction,
	orderId: string,
	from: readonly PaymentStatus[],
	to: PaymentStatus,
	failureReason?: string,
): Promise<PaymentRow | undefined> {
	return (await tx.query<PaymentRow>(move, [orderId, from, to, failureReason]))[0];
}

/** What follows is decided by how the payment is afterwards, not by who has moved it. */
export async function moveOrFind(
	tx: Transaction,
	orderId: string,
	from: readonly PaymentStatus[],
	to: PaymentStatus,
): Promise<{ payment: PaymentRow | undefined; hasMoved: boolean }> {
	const moved = await movePayment(tx, orderId, from, to);
	return { payment: moved ?? (await findPayment(tx, orderId)), hasMoved: moved !== undefined };
}

export async function noteByHand(
	tx: Transaction,
	orderId: string,
	operationId: string,
	settled: SettledByHand,
): Promise<void> {
	await tx.query(note, [orderId, JSON.stringify(settled), operationId]);
}
