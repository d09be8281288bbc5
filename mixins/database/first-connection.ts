import { setTimeout as pause } from "node:timers/promises";
import type { Sequelize } from "sequelize";

/** A server with no room for one more (53300), or one that has only just been started (57P03): both come by. */
const COMES_LATER = /^(53300|57P03)$/;

const ATTEMPTS = 20;
const PAUSE_MS = 1_000;

/**
 * Opens the pool's first connection, which later ones find open. A server that was reached a moment ago may be full by
 * now: nodes that start together all ask at once, and a killed node's connections live on until they are missed.
 * @throws what the server said, after about 20 s
 */
export async function firstConnection(sequelize: Pick<Sequelize, "authenticate">, pauseMs = PAUSE_MS): Promise<void> {
	for (let tried = 1; ; tried++) {
		try {
			return await sequelize.authenticate();
		} catch (error) {
			const { code } = Object((error as { original?: unknown }).original) as { code?: unknown };
			if (tried === ATTEMPTS || typeof code !== "string" || !COMES_LATER.test(code)) throw error;
			await pause(pauseMs);
		}
	}
}
