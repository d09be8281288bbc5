import { Errors } from "moleculer";

/** Too many wait for a connection already: nothing has been done, and the same succeeds when there are fewer. */
export class DatabaseBusyError extends Errors.MoleculerRetryableError {
	constructor() {
		super("There is too much to do right now", 503, "OVERLOADED");
	}
}

/** As PostgreSQL has it for a lock that was not free in time. */
export const LOCK_NOT_AVAILABLE = "55P03";

/** Instead of another wait for a lock that somebody has just waited for in vain. */
export class HeldUpError extends Error {
	override readonly name = "HeldUpError";
	readonly code = LOCK_NOT_AVAILABLE;

	constructor() {
		super("Somebody else holds what was waited for in vain a moment ago");
	}
}
