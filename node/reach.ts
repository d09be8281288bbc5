import { setTimeout as pause } from "node:timers/promises";

/** How long a server is waited for. */
export interface Patience {
	attempts: number;
	pauseMs: number;
}

/** About 20 s in all: longer than a database takes to start beside us, shorter than a person's patience. */
export const PATIENCE: Patience = { attempts: 20, pauseMs: 1_000 };

/** A server that was named in the environment does not answer. The message never holds a password. */
export class UnreachableError extends Error {
	override readonly name = "UnreachableError";

	constructor(variable: string, url: string, reason: string) {
		const { protocol, host, pathname } = new URL(url);
		super(`${variable} can't be reached at ${protocol}//${host}${pathname}: ${reason.replace(/\.$/, "")}.`);
	}
}

/** Nothing heals these by waiting: wrong password, no such user, no such database. */
const HOPELESS = /^(28P01|28000|3D000)$/;

/** Tries to reach a server until it answers. @returns its answer @throws {UnreachableError} after the last attempt */
export async function reach<Answer>(
	variable: string,
	url: string,
	attempt: () => Promise<Answer>,
	{ attempts, pauseMs }: Patience = PATIENCE,
): Promise<Answer> {
	for (let tried = 1; ; tried++) {
		try {
			return await attempt();
		} catch (error) {
			const { code, message } = error as { code?: unknown; message: string };
			const isHopeless = typeof code === "string" && HOPELESS.test(code);
			if (tried === attempts || isHopeless) throw new UnreachableError(variable, url, message || String(code));
			await pause(pauseMs);
		}
	}
}
