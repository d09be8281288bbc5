import { embeddedPostgres, makeTemplate, realPostgres, sweepDatabases } from "./postgres-server";
import { noPrivateRabbitmq } from "./private-rabbitmq";
import { realRabbitmq, sweepVhosts } from "./rabbitmq-server";
import { realRedis, sweepRedis } from "./redis-server";
import { realChromium } from "./chromium";
import { passOn } from "./found-services";
import { buildWebShop } from "./web-shop";

declare global {
	/** Stops the embedded database that this run has started. */
	var stopTestPostgres: (() => Promise<void>) | undefined;
}

/** Finds the servers of this run, or starts what can be started, and clears away what killed runs have left. */
export default async function globalSetup(): Promise<void> {
	const [postgres, rabbitmq, redis] = await Promise.all([realPostgres(), realRabbitmq(), realRedis()]);

	const chromium = realChromium();

	const missing: string[] = [];
	if ("unusable" in postgres)
		missing.push(`everything on a PostgreSQL server (${postgres.unusable}; the embedded one is used)`);
	if ("unusable" in rabbitmq) missing.push(`everything on RabbitMQ (${rabbitmq.unusable})`);
	const noBroker = noPrivateRabbitmq();
	if (noBroker !== undefined) missing.push(`faults on a RabbitMQ node of the tests' own (${noBroker})`);
	if ("unusable" in redis) missing.push(`everything on Redis (${redis.unusable})`);
	if ("unusable" in chromium) missing.push(`the web shop in a browser (${chromium.unusable})`);
	if (missing.length > 0 && process.env["REQUIRE_REAL_SERVICES"] === "1") throw new Error(sentence(missing));
	if (process.getuid?.() !== 0) missing.push("what only root can set up for the embedded database");

	if (!("unusable" in rabbitmq)) await sweepVhosts(rabbitmq);
	if (!("unusable" in redis)) await sweepRedis(redis);

	// Also without a browser: a shop that is not built answers its front page with 503, which the fuzz takes for trouble.
	buildWebShop();

	const url = "unusable" in postgres ? await startEmbedded() : postgres.url;
	await sweepDatabases(url);
	passOn({
		postgres: { kind: "unusable" in postgres ? "embedded" : "real", url, template: await makeTemplate(url) },
		rabbitmq: "unusable" in rabbitmq ? undefined : rabbitmq,
		redis: "unusable" in redis ? undefined : redis,
		chromium: "unusable" in chromium ? undefined : chromium.path,
		notRun: missing.length > 0 ? sentence(missing) : undefined,
	});
}

function sentence(missing: readonly string[]): string {
	return `Not run: ${missing.join("; ")}.`;
}

async function startEmbedded(): Promise<string> {
	const server = await embeddedPostgres();
	globalThis.stopTestPostgres = () => server.stop();
	return server.url;
}
