import { Redis } from "ioredis";
import { isLeftOver, ownName } from "./names";

const DEFAULT_URL = "redis://127.0.0.1:6379";

/** Redis has 16 numbered databases unless configured otherwise; 0 is where the claims on the others stand. */
const NUMBERS = Array.from({ length: 15 }, (_, index) => 15 - index);

/** The Redis server of a test run. */
export interface RedisServer {
	url: string;
}

export async function realRedis(): Promise<RedisServer | { unusable: string }> {
	const url = process.env["TEST_REDIS_URL"] ?? DEFAULT_URL;
	try {
		await onRedis(url, (redis) => redis.ping());
		return { url };
	} catch (error) {
		const { code, message } = error as NodeJS.ErrnoException;
		return { unusable: `${new URL(url).host}: ${code === "ECONNREFUSED" ? "it refuses the connection" : message}` };
	}
}

/** Claims an empty numbered database. @returns its URL */
export async function claimRedisDatabase(serverUrl: string): Promise<string> {
	for (const number of NUMBERS) {
		const url = numberedUrl(serverUrl, number);
		const claimed = await onRedis(serverUrl, (redis) => redis.set(claimOn(number), ownName(), "NX"));
		if (claimed === null) continue;
		if ((await onRedis(url, (redis) => redis.dbsize())) === 0) return url;
		await onRedis(serverUrl, (redis) => redis.del(claimOn(number)));
	}
	throw new Error(`None of the numbered databases of Redis at ${new URL(serverUrl).host} is free`);
}

export async function releaseRedisDatabase(serverUrl: string, url: string): Promise<void> {
	await onRedis(url, (redis) => redis.flushdb());
	await onRedis(serverUrl, (redis) => redis.del(claimOn(Number(new URL(url).pathname.slice(1)))));
}

/** Empties and releases the databases that this process, and dead ones before it, left. */
export async function sweepRedis({ url }: RedisServer): Promise<void> {
	const holders = await onRedis(url, (redis) => redis.mget(NUMBERS.map(claimOn)));
	for (const [index, holder] of holders.entries()) {
		if (holder !== null && isLeftOver(holder)) await releaseRedisDatabase(url, numberedUrl(url, NUMBERS[index]!));
	}
}

function claimOn(number: number): string {
	return `molecart_test:database:${number}`;
}

function numberedUrl(serverUrl: string, number: number): string {
	const url = new URL(serverUrl);
	url.pathname = `/${number}`;
	return url.href;
}

async function onRedis<Result>(url: string, work: (redis: Redis) => Promise<Result>): Promise<Result> {
	const redis = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 30_000 });
	// A failing connect() only says that the connection is closed; the event says why.
	let cause: Error | undefined;
	redis.on("error", (error: Error) => (cause = error));
	try {
		await redis.connect();
		return await work(redis);
	} catch (error) {
		throw cause ?? error;
	} finally {
		redis.disconnect();
	}
}
