import type { Log } from "../transport";
import { ClaimedError, confirmClaims, type Claim } from "./claims";
import type { BrokerConnection } from "./connection";
import type { Channels } from "./declare";

/** What is exchanged between a loss and the next look may be somebody else's; a look costs one call for each claim. */
const LOOK_MS = 10_000;

export interface KeptClaimsOptions {
	claims: readonly Claim[];
	/** Somebody else has what was ours. May be told more than once. */
	onLost(error: ClaimedError): void;
	/** Between looks. */
	everyMs?: number | undefined;
	log: Log;
}

/** Claims that a running program keeps. */
export interface KeptClaims {
	/** Whether a connection leads to where the claims are ours. @throws when it doesn't, or nobody can tell */
	admit(on: Channels): Promise<void>;
	/** Looks now and then. */
	watch(connection: BrokerConnection): void;
	close(): void;
}

/**
 * Asks whether the claims are still ours, and takes again what somebody has deleted: now and then, and on each new
 * connection before it is used. A virtual host that was deleted meanwhile may have been made anew for somebody else.
 */
export function keptClaims({ claims, onLost, everyMs = LOOK_MS, log }: KeptClaimsOptions): KeptClaims {
	let looks: NodeJS.Timeout | undefined;
	let isKnown = true;

	async function admit(on: Channels): Promise<void> {
		try {
			await confirmClaims(on, claims);
			isKnown = true;
		} catch (error) {
			if (error instanceof ClaimedError) onLost(error);
			throw error;
		}
	}

	async function look(connection: BrokerConnection): Promise<void> {
		if (!connection.isUp()) return;
		await admit(connection).catch((error: Error) => {
			if (isKnown) log.warn(`Whose the virtual host on RabbitMQ is can't be found out: ${error.message}`);
			isKnown = false;
		});
	}

	return {
		admit,
		watch(connection) {
			if (claims.length > 0) looks = setInterval(() => void look(connection), everyMs).unref();
		},
		close: () => clearInterval(looks),
	};
}
