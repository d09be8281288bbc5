import { Client } from "pg";
import { answerTask } from "./child";
import { closedLoop, type Load, type Measured } from "./closed-loop";
import type { Recording } from "./recording";
import { repetitionsOf } from "./repetition";

/** The recorded purchase, repeated by plain `pg`: one connection for each shopper and nothing else in the way. */
export interface LimitTask extends Load {
	databaseUrl: string;
	recording: Recording;
}

const PAID =
	"SELECT count(*)::int AS paid FROM orders.orders WHERE status = 'CONFIRMED' AND payment_status = 'CAPTURED'";

answerTask(async ({ databaseUrl, recording, ...load }: LimitTask): Promise<Measured> => {
	const clients = await Promise.all(Array.from({ length: load.concurrency }, () => connected(databaseUrl)));
	const nextPurchase = repetitionsOf(recording);
	const paid = async (): Promise<number> => (await clients[0]!.query<{ paid: number }>(PAID)).rows[0]!.paid;

	const paidBefore = await paid();
	let purchases = 0;
	const measured = await closedLoop(load, async (index) => {
		const began = performance.now();
		for (const unit of nextPurchase()) for (const statement of unit) await clients[index]!.query(statement);
		purchases++;
		return { written: performance.now() - began };
	});
	// A statement that has found nothing to change would be cheap, and the limit too high.
	const paidNow = (await paid()) - paidBefore;
	if (paidNow !== purchases)
		throw new Error(`${purchases} purchases were repeated, and ${paidNow} orders are paid for`);
	await Promise.all(clients.map((client) => client.end()));
	return measured;
});

async function connected(databaseUrl: string): Promise<Client> {
	const client = new Client({ connectionString: databaseUrl });
	await client.connect();
	return client;
}
