import { Errors, type Context, type ServiceSchema } from "moleculer";
import type { Database } from "../database/database";
import type { WithDatabase } from "../database/database.mixin";
import { sql } from "../database/statement";
import { defineMixin } from "../define";
import { sample, type Gauge } from "../events/sampled";
import { hint } from "../hint";
import { lineOf, textOf } from "../params/texts";
import type { Place } from "./relay";

const ROWS_MAX = 1_000;
const GAUGES: readonly Gauge[] = [
	{ name: "outbox.waiting", description: "Events that wait in the outbox", label: "service" },
	{
		name: "outbox.oldest.age.seconds",
		description: "Age of the oldest event that waits, in seconds",
		label: "service",
	},
	{ name: "outbox.dead", description: "Events that are tried no more", label: "service" },
];
const eventIds = { type: "array", items: "uuid", min: 1, max: ROWS_MAX };
const by = lineOf(1, 200);

/** What waits in an outbox. */
export interface OutboxStatus {
	waiting: number;
	/** Seconds since the oldest of them was written; null where none waits. */
	oldestAgeS: number | null;
	/** Of those that wait, events that failed before. */
	failing: number;
	dead: number;
}

/** An event that can't be published, or could not so far. */
export interface FailingEvent {
	eventId: string;
	eventType: string;
	aggregateId: string;
	aggregateVersion: number;
	attempts: number;
	lastError: string | null;
	/** ISO 8601. */
	createdAt: string;
	deadAt: string | null;
}

/** What was done about one event. */
export interface OutboxReport {
	id: string;
	eventType: string | null;
	outcome: "RETRIED" | "DISCARDED" | "NOT_FOUND";
	reason?: string;
}

export interface ToldEvent extends FailingEvent {
	exchange: string;
	routingKey: string;
	correlationId: string;
	data: string;
}

/** For the outbox's own figures. */
export async function statusOf(db: Database, schema: string): Promise<OutboxStatus> {
	const [found] = await db.query<OutboxStatus>(statementsOf(schema).status);
	return found!;
}

/**
 * What an operator can do about events that don't leave an outbox, as actions for other services and the REPL: nobody
 * else may call them. An event that was dead goes out behind later ones of its aggregate: consumers that carry state over
 * compare `aggregate_version`.
 * @param wakeEvent tells the relays where to look
 */
export function OutboxOperations(schema: string, wakeEvent: string): Partial<ServiceSchema> {
	const statements = statementsOf(schema);
	let stopSampling: () => void = () => undefined;

	return defineMixin<WithDatabase>({
		async started() {
			const ask = async () => {
				const { waiting, oldestAgeS, dead } = await statusOf(this.db, schema);
				const figures = {
					"outbox.waiting": waiting,
					"outbox.oldest.age.seconds": oldestAgeS ?? 0,
					"outbox.dead": dead,
				};
				return Object.entries(figures).map(([name, value]) => ({ name, of: this.name, value }));
			};
			stopSampling = sample(this.broker, GAUGES, ask, (error) => {
				this.logger.debug("The outbox could not be counted:", error.message);
			});
		},
		async stopped() {
			stopSampling();
		},
		actions: {
			"outbox.status": {
				handler(): Promise<OutboxStatus> {
					return statusOf(this.db, schema);
				},
			},
			"outbox.failing": {
				params: {
					$$strict: true,
					limit: { type: "number", integer: true, min: 1, max: ROWS_MAX, default: 50, convert: true },
				},
				async handler(ctx: Context<{ limit: number }>): Promise<FailingEvent[]> {
					const rows = await this.db.query<Row>(statements.failing, [ctx.params.limit]);
					return rows.map((row) => shown(row));
				},
			},
			"outbox.read": {
				params: { $$strict: true, id: "uuid" },
				async handler(ctx: Context<{ id: string }>): Promise<ToldEvent> {
					const [row] = await this.db.query<Row & Omit<ToldEvent, keyof FailingEvent>>(statements.read, [
						ctx.params.id,
					]);
					if (!row) {
						throw new Errors.MoleculerClientError(
							`${this.name}'s outbox has no event ${ctx.params.id}`,
							404,
							"NOT_FOUND",
						);
					}
					return { ...row, ...shown(row) };
				},
			},
			"outbox.retry": {
				params: { $$strict: true, ids: eventIds, by },
				async handler(ctx: Context<{ ids: string[]; by: string }>): Promise<OutboxReport[]> {
					const { ids, by: who } = ctx.params;
					const rows = await this.db.change<Place & { id: string; eventType: string }>(statements.retry, [ids]);
					for (const { partition, seq } of rows) hint(this, wakeEvent, { partition, seq }, [this.name]);
					this.logger.info(`${rows.length} dead events of the outbox are tried again, by ${who}`);
					return reportOf(ids, rows, "RETRIED");
				},
			},
			"outbox.discard": {
				params: {
					$$strict: true,
					ids: eventIds,
					reason: textOf(3, 500),
					by,
				},
				async handler(ctx: Context<{ ids: string[]; reason: string; by: string }>): Promise<OutboxReport[]> {
					const { ids, reason, by: who } = ctx.params;
					const rows = await this.db.change<{ id: string; eventType: string }>(statements.discard, [ids, reason, who]);
					this.logger.info(`${rows.length} dead events of the outbox were discarded by ${who}: ${reason}`);
					return reportOf(ids, rows, "DISCARDED");
				},
			},
		},
	});
}

type Row = Omit<FailingEvent, "createdAt" | "deadAt"> & { createdAt: Date; deadAt: Date | null };

function shown(row: Row): FailingEvent {
	return { ...row, createdAt: row.createdAt.toISOString(), deadAt: row.deadAt?.toISOString() ?? null };
}

/** One line for each event that was asked for. Only a dead one can be tried again or given up. */
function reportOf(
	ids: readonly string[],
	done: readonly { id: string; eventType: string }[],
	outcome: "RETRIED" | "DISCARDED",
): OutboxReport[] {
	const types = new Map(done.map(({ id, eventType }) => [id, eventType]));
	return [...new Set(ids.map((id) => id.toLowerCase()))].map((id) => {
		const eventType = types.get(id);
		if (eventType !== undefined) return { id, eventType, outcome };
		return { id, eventType: null, outcome: "NOT_FOUND", reason: "no dead event of this outbox has that id" };
	});
}

const SHOWN = `event_id AS "eventId", event_type AS "eventType", aggregate_id AS "aggregateId",
	aggregate_version AS "aggregateVersion", attempts, last_error AS "lastError", created_at AS "createdAt", dead_at AS "deadAt"`;

const KEPT = `event_id, aggregate_id, aggregate_version, event_type, version, exchange, routing_key, correlation_id,
	causation_id, data, created_at, attempts, last_error, dead_at`;

function statementsOf(schema: string) {
	return {
		status: sql(
			`${schema}.outbox.status`,
			`SELECT count(*) FILTER (WHERE dead_at IS NULL)::int AS waiting,
				extract(epoch FROM now() - min(created_at) FILTER (WHERE dead_at IS NULL))::float8 AS "oldestAgeS",
				count(*) FILTER (WHERE dead_at IS NULL AND attempts > 0)::int AS failing,
				count(*) FILTER (WHERE dead_at IS NOT NULL)::int AS dead
			FROM ${schema}.outbox`,
		),
		failing: sql(
			`${schema}.outbox.failing`,
			`SELECT ${SHOWN} FROM ${schema}.outbox WHERE attempts > 0 OR dead_at IS NOT NULL
			ORDER BY dead_at NULLS LAST, seq LIMIT $1`,
		),
		read: sql(
			`${schema}.outbox.read_one`,
			`SELECT ${SHOWN}, exchange, routing_key AS "routingKey", correlation_id AS "correlationId", data::text AS data
			FROM ${schema}.outbox WHERE event_id = $1`,
		),
		retry: sql(
			`${schema}.outbox.retry`,
			`UPDATE ${schema}.outbox SET dead_at = NULL, attempts = 0, next_attempt_at = NULL
			WHERE event_id = ANY ($1::uuid[]) AND dead_at IS NOT NULL
			RETURNING event_id AS id, event_type AS "eventType", partition, seq`,
		),
		discard: sql(
			`${schema}.outbox.discard`,
			`WITH gone AS (
				DELETE FROM ${schema}.outbox WHERE event_id = ANY ($1::uuid[]) AND dead_at IS NOT NULL RETURNING *
			), kept AS (
				INSERT INTO ${schema}.outbox_discarded (${KEPT}, reason, discarded_by) SELECT ${KEPT}, $2, $3 FROM gone
			)
			SELECT event_id AS id, event_type AS "eventType" FROM gone`,
		),
	};
}
