import type { Database } from "../database/database";
import { sql } from "../database/statement";
import { SagaNotFoundError } from "./errors";
import type { LogLine, SagaRow } from "./store";

/** Which sagas an operator wants to see. */
export type SagaFilter =
	/** Wait for a person; are being undone; were refused, failed, or found nobody at their last attempt; or nobody works on. */
	| "failing"
	/** Wait for a person. */
	| "waiting"
	/** Have not ended. */
	| "unfinished"
	| "all";

/** One saga in a list. */
export interface SagaSummary {
	sagaId: string;
	saga: string;
	status: SagaRow["status"];
	/** Where it stands, by name, and which way it goes there. */
	step: string;
	direction: "do" | "undo";
	/** Failed attempts at that step so far. */
	attempts: number;
	failureReason: string | null;
	/** What went wrong last, if anything has. */
	lastError: { step: string; reason: string; message: string; at: Date } | null;
	/** Who works on it, and until when others leave it alone. */
	owner: string | null;
	leaseUntil: Date | null;
	wakeAt: Date;
	deadlineAt: Date;
	correlationId: string;
	version: number;
	createdAt: Date;
	updatedAt: Date;
}

/** One line of a saga's story. */
export interface TimelineEntry {
	at: Date;
	step: string;
	direction: "do" | "undo";
	attempt: number;
	outcome: LogLine["outcome"];
	/** Of STARTED, what is known by then; of SUCCEEDED, what it added; else why; of an operator's act, who and why. */
	detail: unknown;
	node: string;
	operationId: string;
}

/** A saga with all that was done for it. */
export interface SagaStory extends SagaSummary {
	data: Record<string, unknown>;
	timeline: TimelineEntry[];
}

/** More at once nobody reads. */
export const SAGAS_MAX = 100;

/** More than 20 attempts of each step of the longest saga make; a saga that waits for days gets its last ones. */
const TIMELINE_MAX = 500;

/** Due for so long without anybody at work, something is wrong: leases last 3 s, sweeps come each second. */
const OVERDUE_MS = 10_000;

/** How operators look at the sagas of one schema. */
export interface SagaViews {
	/** Those that wait for a person first, then the oldest. */
	list(query: { filter: SagaFilter; saga?: string | undefined; limit: number }): Promise<SagaSummary[]>;
	/** Of some sagas those that will do and undo nothing any more: they have ended, or are not known (any more). */
	over(sagaIds: readonly string[]): Promise<string[]>;
	/** @throws {SagaNotFoundError} */
	story(sagaId: string): Promise<SagaStory>;
}

export function sagaViews(db: Database, schema: string): SagaViews {
	const summary = `SELECT s.saga_id AS "sagaId", saga, status, last.step, last.direction, attempts,
			failure_reason AS "failureReason", owner, lease_until AS "leaseUntil", wake_at AS "wakeAt",
			deadline_at AS "deadlineAt", correlation_id AS "correlationId", version, created_at AS "createdAt",
			updated_at AS "updatedAt", (
				SELECT json_build_object('step', l.step, 'reason', l.detail ->> 'reason', 'message', l.detail ->> 'message', 'at', l.at)
				FROM ${schema}.saga_log l
				WHERE l.saga_id = s.saga_id AND outcome IN ('REFUSED', 'FAILED', 'AWAY', 'UNKNOWN') ORDER BY seq DESC LIMIT 1
			) AS "lastError"`;
	const from = `FROM ${schema}.saga_state s, LATERAL (
			SELECT step, direction, outcome FROM ${schema}.saga_log l WHERE l.saga_id = s.saga_id ORDER BY seq DESC LIMIT 1
		) last`;
	const unfinished = "status NOT IN ('COMPLETED', 'COMPENSATED')";
	const overdue = `wake_at < now() - interval '${OVERDUE_MS} milliseconds'
		AND (owner IS NULL OR lease_until < now() - interval '${OVERDUE_MS} milliseconds')`;
	const filters: Record<SagaFilter, string> = {
		failing: `${unfinished} AND (status <> 'RUNNING' OR attempts > 0 OR last.outcome = 'AWAY' OR ${overdue})`,
		waiting: "status = 'NEEDS_OPERATOR'",
		unfinished,
		all: "true",
	};
	const list = Object.fromEntries(
		Object.entries(filters).map(([name, condition]) => [
			name,
			sql(
				`${schema}.saga.list_${name}`,
				`${summary} ${from} WHERE ${condition} AND ($1::text IS NULL OR saga = $1)
				ORDER BY status <> 'NEEDS_OPERATOR', ${name === "all" ? "created_at DESC" : "created_at"}, s.saga_id LIMIT $2`,
			),
		]),
	) as Record<SagaFilter, ReturnType<typeof sql>>;
	const one = sql(`${schema}.saga.one`, `${summary}, data ${from} WHERE s.saga_id = $1`);
	const over = sql(
		`${schema}.saga.over`,
		`SELECT asked.id FROM unnest($1::uuid[]) AS asked (id)
		WHERE NOT EXISTS (SELECT FROM ${schema}.saga_state WHERE saga_id = asked.id AND ${unfinished})`,
	);
	const timeline = sql(
		`${schema}.saga.timeline`,
		`SELECT at, step, direction, attempt, outcome, detail, node, operation_id AS "operationId" FROM (
			SELECT * FROM ${schema}.saga_log WHERE saga_id = $1 ORDER BY seq DESC LIMIT ${TIMELINE_MAX}
		) latest ORDER BY seq`,
	);

	return {
		list: ({ filter, saga, limit }) => db.query<SagaSummary>(list[filter], [saga, Math.min(limit, SAGAS_MAX)]),
		over: async (sagaIds) => (await db.query<{ id: string }>(over, [sagaIds])).map(({ id }) => id),
		async story(sagaId) {
			const [found] = await db.query<SagaSummary & Pick<SagaStory, "data">>(one, [sagaId]);
			if (!found) throw new SagaNotFoundError(sagaId);
			const lines = await db.query<TimelineEntry>(timeline, [sagaId]);
			return { ...found, timeline: withInputs(found.data, lines) };
		},
	};
}

/**
 * What each attempt had to go by. The log holds only what each step added, so the data is gone through backwards: at the
 * end it is what the saga has now, and before each success what that success added is not there yet.
 */
function withInputs(data: Record<string, unknown>, lines: readonly TimelineEntry[]): TimelineEntry[] {
	let known = data;
	const backwards = lines.toReversed().map((line) => {
		if (line.outcome === "STARTED") return { ...line, detail: known };
		if (line.outcome === "SUCCEEDED") known = without(known, Object.keys(Object(line.detail) as object));
		return line;
	});
	return backwards.toReversed();
}

function without(data: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
	return Object.fromEntries(Object.entries(data).filter(([key]) => !keys.includes(key)));
}
