import amqp from "amqplib";
import { Redis } from "ioredis";
import { loginOf } from "../mixins/events/rabbitmq/address";
import { sayFarewell } from "../mixins/events/rabbitmq/farewell";
import { reach, type Patience } from "./reach";

/** Waits for RabbitMQ. @throws {UnreachableError} */
export function reachAmqp(url: string, patience?: Patience): Promise<void> {
	const attempt = async (): Promise<void> => {
		const connection = await amqp.connect(url, { ...loginOf(url), timeout: 3_000 });
		// Lost in the middle of its farewell it has been reached all the same.
		connection.on("error", () => undefined);
		await sayFarewell(connection);
	};
	return reach("AMQP_URL", url, attempt, patience);
}

/** Waits for Redis. @throws {UnreachableError} */
export function reachRedis(url: string, patience?: Patience): Promise<void> {
	const attempt = async (): Promise<void> => {
		const redis = new Redis(url, {
			lazyConnect: true,
			connectTimeout: 3_000,
			commandTimeout: 3_000,
			maxRetriesPerRequest: 0,
			retryStrategy: () => null,
		});
		// The rejection says only that the connection is closed; why, says the event.
		let reason: Error | undefined;
		redis.on("error", (error: Error) => (reason = error));
		try {
			await redis.connect();
			await redis.ping();
		} catch (error) {
			throw reason ?? error;
		} finally {
			redis.disconnect();
		}
	};
	return reach("REDIS_URL", url, attempt, patience);
}
