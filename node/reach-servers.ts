import amqp from "amqplib";
import { Redis } from "ioredis";
import { reach, type Patience } from "./reach";

/** Waits for RabbitMQ. @throws {UnreachableError} */
export function reachAmqp(url: string, patience?: Patience): Promise<void> {
	const attempt = async (): Promise<void> => {
		const connection = await amqp.connect(url, { timeout: 3_000 });
		await connection.close();
	};
	return reach("AMQP_URL", url, attempt, patience);
}

/** Waits for Redis. @throws {UnreachableError} */
export function reachRedis(url: string, patience?: Patience): Promise<void> {
	const attempt = async (): Promise<void> => {
		const redis = new Redis(url, {
			lazyConnect: true,
			connectTimeout: 3_000,
			maxRetriesPerRequest: 0,
			retryStrategy: () => null,
		});
		// What went wrong reaches us by the rejection; without a listener the event would be printed besides.
		redis.on("error", () => undefined);
		try {
			await redis.connect();
			await redis.ping();
		} finally {
			redis.disconnect();
		}
	};
	return reach("REDIS_URL", url, attempt, patience);
}
