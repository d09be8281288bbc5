import type { Service } from "moleculer";
import type { z } from "zod";
import type { Transaction } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import type { Envelope } from "../../mixins/events/envelope";
import { consumer, on } from "../../mixins/events/events.mixin";
import { BookLent } from "./desk.events";

const write = sql("notices.write", "INSERT INTO notices.notices (event_id, member, text) VALUES ($1, $2, $3)");

/** In the transaction that remembers the event: however often it arrives, one notice is written. */
async function writeNotice(
	this: Service,
	tx: Transaction,
	{ event_id, data }: Envelope<z.output<typeof BookLent.data>>,
): Promise<void> {
	const text = `${data.title} is due on ${data.due}`;
	await tx.query(write, [event_id, data.member, text]);
	tx.afterCommit(() => this.logger.info(`To ${data.member}: ${text}`));
}

/** What notices listens to, and in which queue. */
export const noticesConsumers = [consumer<Service>("notices.loans", on(BookLent, writeNotice))];
