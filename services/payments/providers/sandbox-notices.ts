import type pg from "pg";
import type { LateApproval, ProviderRequest } from "./provider";

const LOOK_EVERY_MS = 1_000;
const BATCH_MAX = 100;

// The same request asked again promises nothing new.
const PROMISE = `INSERT INTO sandbox_provider.notices (operation_id, order_id, amount, currency, due_at, nth)
	SELECT $1, $2, $3, $4, now() + $5 * interval '1 millisecond', nth FROM generate_series(1, $6) AS nth
	ON CONFLICT (operation_id, nth) DO NOTHING`;

/** From now on the sandbox owes the shop notices of this authorisation, whatever becomes of the process. */
export async function promiseNotices(
	pool: pg.Pool,
	{ operationId, orderId, amount, currency }: ProviderRequest,
	{ afterMs, times }: { afterMs: number; times: number },
): Promise<void> {
	await pool.query(PROMISE, [operationId, orderId, amount, currency, afterMs, times]);
}

const DUE = `SELECT id, operation_id AS "operationId", order_id AS "orderId", amount::float8, currency
	FROM sandbox_provider.notices WHERE due_at <= now() ORDER BY due_at, id LIMIT ${BATCH_MAX}`;

// What is told is true, by the provider's own ledger, also when it was called off before.
const APPROVE_LATE = `WITH approved AS (
		INSERT INTO sandbox_provider.authorisations (operation_id, approved) VALUES ($1, true)
		ON CONFLICT (operation_id) DO UPDATE SET approved = true
	)
	INSERT INTO sandbox_provider.ledger (operation_id, order_id, kind, amount, currency)
	VALUES ($1, $2, 'authorize', $3, $4) ON CONFLICT (operation_id) DO NOTHING`;

const POSTPONE = "UPDATE sandbox_provider.notices SET due_at = now() + interval '5 seconds' WHERE id = $1";

type Hear = (approval: LateApproval) => Promise<void>;

/** Delivers the notices that are due, as a provider's webhooks do: at least once, and again until they are taken. */
export interface SandboxNotices {
	deliverTo(hear: Hear): void;
	/** Waits for the deliveries in work. */
	stop(): Promise<void>;
}

export function sandboxNotices(pool: pg.Pool): SandboxNotices {
	let timer: NodeJS.Timeout | undefined;
	let working: Promise<void> = Promise.resolve();

	const tell = async ({ id, ...approval }: LateApproval & { id: string }, hear: Hear): Promise<void> => {
		const { operationId, orderId, amount, currency } = approval;
		await pool.query(APPROVE_LATE, [operationId, orderId, amount, currency]);
		try {
			await hear(approval);
			await pool.query("DELETE FROM sandbox_provider.notices WHERE id = $1", [id]);
		} catch {
			// It is the shop that has trouble, and says so itself; the others are told meanwhile.
			await pool.query(POSTPONE, [id]);
		}
	};
	const deliver = async (hear: Hear): Promise<void> => {
		const { rows } = await pool.query<LateApproval & { id: string }>(DUE);
		for (const row of rows) await tell(row, hear);
	};

	return {
		deliverTo(hear) {
			let isBusy = false;
			timer = setInterval(() => {
				if (isBusy) return;
				isBusy = true;
				// The provider's own database is away: what is due then is due at the next look as well.
				working = deliver(hear)
					.catch(() => undefined)
					.finally(() => (isBusy = false));
			}, LOOK_EVERY_MS);
		},
		async stop() {
			clearInterval(timer);
			await working;
		},
	};
}
