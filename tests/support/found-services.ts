import type { PostgresServer } from "./postgres-server";
import type { RabbitmqServer } from "./rabbitmq-server";
import type { RedisServer } from "./redis-server";

/** What global-setup.ts found, as it reaches the workers: through one variable of the environment. */
export interface FoundServices {
	postgres: PostgresServer;
	rabbitmq?: RabbitmqServer;
	redis?: RedisServer;
	/** The browser's program. */
	chromium?: string;
	/** "Not run: …", or undefined when nothing is missing. */
	notRun?: string;
}

const VARIABLE = "MOLECART_TEST_SERVICES";

export function passOn(found: FoundServices): void {
	process.env[VARIABLE] = JSON.stringify(found);
}

/** @throws outside of a test run: only global-setup.ts can tell. */
export function foundServices(): FoundServices {
	const text = process.env[VARIABLE];
	if (text === undefined) throw new Error(`${VARIABLE} is not set: tests/support/global-setup.ts has not run`);
	return JSON.parse(text) as FoundServices;
}
