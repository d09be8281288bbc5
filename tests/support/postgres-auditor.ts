import { Pool } from "pg";
import { AUDITOR_QUEUE, EXCHANGES, type Auditor, type FoundDeadLetter } from "./auditor";

/** A queue of its own among the shop's tables of events; nobody consumes it, so everything stays in it. */
export async function postgresAuditor(url: string): Promise<Auditor> {
	const pool = new Pool({ connectionString: url, max: 1, application_name: "molecart auditor" });
	pool.on("error", () => undefined);

	for (const exchange of EXCHANGES) {
		await pool.query(
			`INSERT INTO events.bindings (queue, exchange, pattern, matches) VALUES ($1, $2, '#', '^.*$') ON CONFLICT DO NOTHING`,
			[AUDITOR_QUEUE, exchange],
		);
	}

	return {
		async heard() {
			const { rows } = await pool.query<{ exchange: string; routingKey: string; body: string }>(
				`SELECT exchange, routing_key AS "routingKey", body FROM events.messages WHERE queue = $1 ORDER BY id`,
				[AUDITOR_QUEUE],
			);
			return rows.map((row) => ({ ...row, envelope: JSON.parse(row.body) }));
		},
		async put(queue, body, messageId) {
			await pool.query(
				"INSERT INTO events.messages (queue, exchange, routing_key, event_id, body) VALUES ($1, '', $1, $2, $3)",
				[queue, messageId ?? null, body],
			);
		},
		async deadLetters() {
			const { rows } = await pool.query<FoundDeadLetter>(
				`SELECT queue, event_id AS "eventId", body, error_code AS code, error_message AS message, attempts
				FROM events.dead_letters ORDER BY id`,
			);
			return rows.map((row) => ({ ...row, eventId: row.eventId ?? undefined }));
		},
		[Symbol.asyncDispose]: () => pool.end(),
	};
}
