import type { Database } from "../mixins/database/database";
import { postgresTransport } from "../mixins/events/postgres/transport";
import { rabbitmqTransport } from "../mixins/events/rabbitmq/transport";
import type { EventTransport } from "../mixins/events/transport";

/** Where the notes wait. */
export interface NotesTransport {
	databaseUrl: string;
	/** `undefined`: in the database. */
	amqpUrl: string | undefined;
}

export function notesTransport({ amqpUrl }: NotesTransport, database: Database): EventTransport {
	const log = { info: () => undefined, warn: console.error, error: console.error };
	return amqpUrl === undefined
		? postgresTransport({ database, node: "bench", log })
		: rabbitmqTransport({ url: amqpUrl, node: "bench", log });
}
