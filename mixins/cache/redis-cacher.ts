import { Cachers } from "moleculer";

/** Redis is asked for this long; then the answer is made without it. */
const COMMAND_TIMEOUT_MS = 300;

/**
 * Moleculer's Redis cacher for a cache that nothing depends on: when Redis is away, slow or full, answers are made
 * afresh instead of failing. What could not be cleared is too old after its time to live.
 */
export class ForgivingRedisCacher extends Cachers.Redis {
	private isNamed = false;

	constructor({ url }: { url: string }) {
		super({
			redis: {
				...redisAddress(url),
				enableOfflineQueue: false,
				maxRetriesPerRequest: 0,
				commandTimeout: COMMAND_TIMEOUT_MS,
				connectTimeout: 3_000,
				retryStrategy: (attempt: number) => Math.min(200 * attempt, 5_000),
			},
		});
	}

	/**
	 * With what its names begin in a Redis that others use as well. Moleculer wants a cacher when the broker is made, at
	 * which time nobody may know that yet: until it is said, nothing is read or written.
	 */
	beginNamesWith(prefix: string): void {
		this.prefix = prefix;
		this.isNamed = true;
	}

	/** `undefined` is Moleculer's word for "not cached"; null would be an answer. */
	override async get(key: string): Promise<Record<string, unknown>> {
		return (await this.orNothing("read", () => super.get(key))) as Record<string, unknown>;
	}

	override async set(key: string, data: unknown, ttl?: number): Promise<void> {
		await this.orNothing("written", () => super.set(key, data, ttl));
	}

	override async del(key: string | string[]): Promise<void> {
		await this.orNothing("cleared", () => super.del(key));
	}

	override async clean(match?: string | string[]): Promise<void> {
		await this.orNothing("cleared", () => super.clean(match));
	}

	/** Where Redis is away, it can't be told goodbye, and the client would knock for ever. */
	override async close(): Promise<void> {
		await super.close().catch((error: Error) => this.logger.debug("The cache could not be closed:", error.message));
		(this as unknown as { client: { disconnect(): void } | null }).client?.disconnect();
	}

	private async orNothing<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
		if (!this.isNamed) return undefined;
		try {
			return await work();
		} catch (error) {
			this.logger.debug(`The cache could not be ${what}:`, (error as Error).message);
			return undefined;
		}
	}
}

function redisAddress(url: string): object {
	const { hostname, port, username, password, pathname, protocol } = new URL(url);
	return {
		host: hostname.replace(/^\[|\]$/g, ""),
		port: Number(port || 6_379),
		username: decodeURIComponent(username) || undefined,
		password: decodeURIComponent(password) || undefined,
		db: Number(pathname.slice(1) || 0),
		...(protocol === "rediss:" && { tls: {} }),
	};
}
