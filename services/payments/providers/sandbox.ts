import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { PaymentProvider, ProviderAnswer, ProviderRequest } from "./provider";

type Kind = "authorize" | "capture" | "void" | "refund";

const SLOW_ANSWER_MS = 3_000;

/** An approval at once; what the tokens do differently is in {@link behave}. */
const APPROVED: ProviderAnswer = { approved: true };

/**
 * A provider for trying things out, with books of its own as a real one has: the schema `sandbox_provider`, on its own
 * connections, never in a transaction of the shop's.
 */
export function sandboxProvider(databaseUrl: string): PaymentProvider {
	const pool = new pg.Pool({
		connectionString: databaseUrl,
		max: 4,
		application_name: "molecart sandbox provider",
		connectionTimeoutMillis: 5_000,
	});
	// An idle connection that breaks is replaced at its next use; without a listener it would end the process.
	pool.on("error", () => undefined);

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
			if (behaviour === "slow") await pause(SLOW_ANSWER_MS, undefined, { signal });
			const recorded = await recordAuthorisation(pool, request);
			if (behaviour === "timeout") await pause(60_000, undefined, { signal });
			return recorded ? APPROVED : { approved: false, reason: "PAYMENT_CALLED_OFF" };
		},
		async lookUp(operationId) {
			const found = await pool.query("SELECT FROM sandbox_provider.ledger WHERE operation_id = $1", [operationId]);
			return found.rowCount === 1;
		},
		capture: (request) => record(pool, "capture", request),
		refund: (request) => record(pool, "refund", request),
		async void({ authorisationId, ...request }) {
			await pool.query("INSERT INTO sandbox_provider.called_off (operation_id) VALUES ($1) ON CONFLICT DO NOTHING", [
				authorisationId,
			]);
			await pool.query(VOID, [request.operationId, request.orderId, authorisationId]);
		},
		close: () => pool.end(),
	};
}

type Behaviour = "approve" | "decline" | "insufficient funds" | "error once" | "timeout" | "slow" | "down" | "invalid";

const BEHAVIOURS = new Map<string, Behaviour>([
	["tok_approve", "approve"],
	["tok_decline", "decline"],
	["tok_insufficient_funds", "insufficient funds"],
	["tok_error_once", "error once"],
	["tok_timeout", "timeout"],
	["tok_slow", "slow"],
	["tok_down", "down"],
]);

function behave(token: string): Behaviour {
	return BEHAVIOURS.get(token) ?? "invalid";
}

const RECORD = `INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	VALUES ($1, $2, $3, $4, $5) ON CONFLICT (operation_id) DO NOTHING`;

async function record(
	pool: pg.Pool,
	kind: Kind,
	{ operationId, orderId, amount, currency }: ProviderRequest,
): Promise<void> {
	await pool.query(RECORD, [operationId, orderId, kind, amount, currency]);
}

// The row of called_off is taken first by whoever comes first, so a voided authorisation can't slip in afterwards.
const VOID = `INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	SELECT $1, $2, 'void', amount, currency FROM sandbox_provider.ledger WHERE operation_id = $3 AND kind = 'authorize'
	ON CONFLICT (operation_id) DO NOTHING`;

/** @returns false when it was called off before it arrived */
async function recordAuthorisation(pool: pg.Pool, request: ProviderRequest): Promise<boolean> {
	const client = await pool.connect();
	try {
		await client.query("BEGIN");
		// Holds the place in called_off until the commit: a void that comes now waits, and then finds the authorisation.
		const free = await client.query(
			"INSERT INTO sandbox_provider.called_off (operation_id) VALUES ($1) ON CONFLICT DO NOTHING",
			[request.operationId],
		);
		const { operationId, orderId, amount, currency } = request;
		if (free.rowCount === 1) {
			await client.query(RECORD, [operationId, orderId, "authorize", amount, currency]);
			await client.query("DELETE FROM sandbox_provider.called_off WHERE operation_id = $1", [operationId]);
		}
		await client.query("COMMIT");
		return free.rowCount === 1;
	} catch (error) {
		await client.query("ROLLBACK");
		throw error;
	} finally {
		client.release();
	}
}

async function countAttempt(pool: pg.Pool, operationId: string): Promise<number> {
	const counted = await pool.query<{ attempts: number }>(
		`INSERT INTO sandbox_provider.attempts AS a (operation_id, attempts) VALUES ($1, 1)
		ON CONFLICT (operation_id) DO UPDATE SET attempts = a.attempts + 1 RETURNING attempts`,
		[operationId],
	);
	return counted.rows[0]!.attempts;
}
