import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Database } from "../../mixins/database/database";
import { event } from "../../mixins/events/contract";
import type { Topology } from "../../mixins/events/topology";
import { append } from "../../mixins/outbox/append";
import { partitionLeases } from "../../mixins/outbox/leases";
import { relay, type Place, type Relay, type RelayOptions } from "../../mixins/outbox/relay";
import { shareOf } from "../../mixins/outbox/share";
import { outboxStatements } from "../../mixins/outbox/statements";
import { queueNamed, QUIET } from "./transport.stage";

/** An event that no shop knows. */
export const LetterWritten = event({
	type: "LetterWritten",
	exchange: "letters.events",
	routingKey: "letter.written",
	version: 1,
	aggregate: "letterId",
	data: z.object({ letterId: z.uuid(), text: z.string() }),
});

/** One queue that hears everything about letters, one delivery after the other. */
export const desk = queueNamed("readers.desk", "letters.events", { prefetch: 1 });
export const letterTopology: Topology = { exchanges: ["letters.events"], queues: [desk] };

export const letterOutbox = outboxStatements("letters");
export const cause = { correlationId: "a test", causationId: "a test" };

/** Writes one event in a transaction of its own, as a service would. @returns where it waits */
export function writeLetter(db: Database, letterId: string, text: string): Promise<Place> {
	return db.transaction((tx) => append(tx, letterOutbox, LetterWritten({ letterId, text }), cause));
}

/** UUIDs, one for each of the 16 partitions in turn: the partition is made of the last digits. */
export function oneForEachPartition(): string[] {
	return Array.from({ length: 16 }, (_, partition) => `${randomUUID().slice(0, -1)}${partition.toString(16)}`);
}

/** A relay that holds every partition for as long as it lives, however late its leases are renewed. */
export async function relayAlone(
	db: Database,
	options: Pick<RelayOptions, "transport"> & Partial<RelayOptions>,
): Promise<Relay> {
	const own = partitionLeases(db, "letters", `alone/${randomUUID()}`);
	await own.renew();
	const all = own.mine();
	const { leases = { ...own, mine: () => all } } = options;
	const log = { ...QUIET, debug: () => undefined, trace: () => undefined, fatal: () => undefined };
	const worker = relay({
		db,
		statements: letterOutbox,
		topology: letterTopology,
		producer: "letters",
		meter: { count: () => undefined, time: () => undefined },
		log,
		...options,
		leases,
	});
	const share = shareOf({
		leases,
		transport: { canPublish: () => true },
		log,
		read: worker.read,
		onRenewed: worker.renewed,
	});
	await share.start();
	return {
		...worker,
		async stop() {
			await worker.stop();
			await share.stop();
		},
	};
}
