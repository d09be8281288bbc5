import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { PaymentProvider, ProviderAnswer, ProviderRequest, Standing } from "./provider";
import { promiseNotices, sandboxNotices } from "./sandbox-notices";
import { clientConfig } from "../../../mixins/database/client-config";

type Kind = "authorize" | "capture" | "void" | "refund";

const SLOW_ANSWER_MS = 3_000;
/** Longer than anybody waits for an answer. */
const NEVER_MS = 60_000;
/** Longer than four attempts of 5 s and the pauses between them: by then the order was given up. */
const LATE_MS = 30_000;

/** An approval at once; what the tokens do differently is in {@link behave}. */
const APPROVED: ProviderAnswer = { approved: true };

/**
 * A provider for trying things out, with books of its own as a real one has: the schema `sandbox_provider`, on its own
 * connections, never in a transaction of the shop's.
 */
export function sandboxProvider(databaseUrl: string): PaymentProvider {
	const pool = new pg.Pool({
		...clientConfig(databaseUrl),
		max: 4,
		application_name: "molecart sandbox provider",
		connectionTimeoutMillis: 5_000,
	});
	// An idle connection that breaks is replaced at its next use; without a listener it would end the process.
	pool.on("error", () => undefined);
	const notices = sandboxNotices(pool);

	return {
		async authorise({ token, ...request }, signal) {
			const behaviour = behave(token);
			if (behaviour === "invalid") return { approved: false, reason: "PAYMENT_TOKEN_INVALID" };
			if (behaviour === "decline") return { approved: false, reason: "PAYMENT_DECLINED" };
			if (behaviour === "insufficient funds") return { approved: false, reason: "INSUFFICIENT_FUNDS" };
			if (behaviour === "down") throw new Error("the provider answers 503");
			if (behaviour === "error once" && (await countAttempt(pool, request.operationId)) === 1) {
				throw new Error("the provider answers 500");
			}
			if (behaviour === "late") {
				await promiseNotices(pool, request, { afterMs: LATE_MS, times: 2 });
				await pause(NEVER_MS, undefined, { signal });
			}
			if (behaviour === "slow") await pause(SLOW_ANSWER_MS, undefined, { signal });
			const recorded = await recordAuthorisation(pool, request);
			if (behaviour === "twice") await promiseNotices(pool, request, { afterMs: 0, times: 2 });
			if (behaviour === "timeout") await pause(NEVER_MS, undefined, { signal });
			return recorded ? APPROVED : { approved: false, reason: "PAYMENT_CALLED_OFF" };
		},
		lookUp: (operationId) => isInLedger(pool, operationId),
		async capture(request) {
			if (!(await recordCapture(pool, request))) throw new Error("the authorisation was voided, or is of another sum");
		},
		standing: (authorisationId) => standingOf(pool, authorisationId),
		async refund(request) {
			if (!(await recordRefund(pool, request))) throw new Error("the capture is of another sum");
		},
		async void({ authorisationId, ...request }) {
			await pool.query(CALL_OFF, [authorisationId]);
			await pool.query(VOID, [request.operationId, request.orderId, authorisationId]);
		},
		listen: (hear) => notices.deliverTo(hear),
		async close() {
			await notices.stop();
			if (!pool.ending) await pool.end();
		},
	};
}

type Behaviour =
	| "approve"
	| "decline"
	| "insufficient funds"
	| "error once"
	| "timeout"
	| "slow"
	/** Knows nothing of it for half a minute, then approves whatever was called off meanwhile, and says so twice. */
	| "late"
	/** Approves, and says so twice more. */
	| "twice"
	| "down"
	| "invalid";

const BEHAVIOURS = new Map<string, Behaviour>([
	["tok_approve", "approve"],
	["tok_decline", "decline"],
	["tok_insufficient_funds", "insufficient funds"],
	["tok_error_once", "error once"],
	["tok_timeout", "timeout"],
	["tok_slow", "slow"],
	["tok_late", "late"],
	["tok_twice", "twice"],
	["tok_down", "down"],
]);

function behave(token: string): Behaviour {
	return BEHAVIOURS.get(token) ?? "invalid";
}

const REFUND = `INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	SELECT $1, $2, $3, $4, $5 WHERE ${isOfTheSumOf("capture")}
	ON CONFLICT (operation_id) DO NOTHING`;

/** As a real provider has it: what goes on with a payment is in the currency and of the sum that it began with. */
function isOfTheSumOf(kind: Kind): string {
	return `NOT EXISTS (
		SELECT FROM sandbox_provider.ledger WHERE order_id = $2 AND kind = '${kind}' AND (amount, currency) <> ($4, $5)
	)`;
}

/** @returns false when another sum was captured */
async function recordRefund(pool: pg.Pool, request: ProviderRequest): Promise<boolean> {
	const { operationId, orderId, amount, currency } = request;
	const recorded = await pool.query(REFUND, [operationId, orderId, "refund" satisfies Kind, amount, currency]);
	return recorded.rowCount === 1 || isInLedger(pool, operationId);
}

const CAPTURE = `INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	SELECT $1, $2, $3, $4, $5
	WHERE NOT EXISTS (SELECT FROM sandbox_provider.ledger WHERE order_id = $2 AND kind = 'void')
		AND ${isOfTheSumOf("authorize")}
	ON CONFLICT (operation_id) DO NOTHING`;

/** @returns false when it was voided before */
async function recordCapture(pool: pg.Pool, request: ProviderRequest): Promise<boolean> {
	const { operationId, orderId, amount, currency } = request;
	const recorded = await pool.query(CAPTURE, [operationId, orderId, "capture" satisfies Kind, amount, currency]);
	return recorded.rowCount === 1 || isInLedger(pool, operationId);
}

// What came last, in the order in which it can have happened.
const STANDING = `SELECT kind FROM sandbox_provider.ledger
	WHERE order_id = (SELECT order_id FROM sandbox_provider.ledger WHERE operation_id = $1)
	ORDER BY array_position(ARRAY['refund', 'capture', 'void', 'authorize'], kind) LIMIT 1`;

const STANDINGS: Record<Kind, Standing> = {
	authorize: "authorised",
	capture: "captured",
	void: "voided",
	refund: "refunded",
};

async function standingOf(pool: pg.Pool, authorisationId: string): Promise<Standing> {
	const { rows } = await pool.query<{ kind: Kind }>(STANDING, [authorisationId]);
	return rows[0] ? STANDINGS[rows[0].kind] : "unknown";
}

const CALL_OFF = `INSERT INTO sandbox_provider.authorisations (operation_id, approved) VALUES ($1, false)
	ON CONFLICT (operation_id) DO NOTHING`;

const VOID = `INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	SELECT $1, $2, 'void', amount, currency FROM sandbox_provider.ledger WHERE operation_id = $3 AND kind = 'authorize'
	ON CONFLICT (operation_id) DO NOTHING`;

// Whoever inserts the row first has the word, so that a voided authorisation can't slip in afterwards.
const APPROVE = `WITH approved AS (
		INSERT INTO sandbox_provider.authorisations (operation_id, approved) VALUES ($1, true)
		ON CONFLICT (operation_id) DO NOTHING RETURNING operation_id
	)
	INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	SELECT operation_id, $2, 'authorize', $3, $4 FROM approved`;

/** @returns false when it was called off before it arrived */
async function recordAuthorisation(pool: pg.Pool, request: ProviderRequest): Promise<boolean> {
	const { operationId, orderId, amount, currency } = request;
	const recorded = await pool.query(APPROVE, [operationId, orderId, amount, currency]);
	return recorded.rowCount === 1 || isInLedger(pool, operationId);
}

async function isInLedger(pool: pg.Pool, operationId: string): Promise<boolean> {
	const found = await pool.query("SELECT FROM sandbox_provider.ledger WHERE operation_id = $1", [operationId]);
	return found.rowCount === 1;
}

async function countAttempt(pool: pg.Pool, operationId: string): Promise<number> {
	const counted = await pool.query<{ attempts: number }>(
		`INSERT INTO sandbox_provider.attempts AS a (operation_id, attempts) VALUES ($1, 1)
		ON CONFLICT (operation_id) DO UPDATE SET attempts = a.attempts + 1 RETURNING attempts`,
		[operationId],
	);
	return counted.rows[0]!.attempts;
}
