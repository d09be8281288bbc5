import { foundServices } from "./found-services";
import { sweepDatabases } from "./postgres-server";
import { sweepVhosts } from "./rabbitmq-server";
import { sweepRedis } from "./redis-server";

/** Drops what the run has left, failed tests included, and says in one line what could not run. */
export default async function globalTeardown(): Promise<void> {
	const { postgres, rabbitmq, redis, notRun } = foundServices();
	await sweepDatabases(postgres.url);
	await globalThis.stopTestPostgres?.();
	if (rabbitmq) await sweepVhosts(rabbitmq);
	if (redis) await sweepRedis(redis);
	if (notRun !== undefined) process.stderr.write(`\n${notRun}\n`);
}
