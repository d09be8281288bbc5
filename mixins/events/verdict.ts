import { isPassing } from "../database/faults";
import { InvalidEventError } from "./contract";
import { UnreadableEventError } from "./envelope";
import { KilledItsConsumerError } from "./suspects";
import type { Failure, Verdict } from "./transport";

/**
 * What a handler's error means for its message: the error's class alone chooses between another try and the
 * dead-letter queue. Moleculer's errors say so themselves (`retryable`), the database's by their code; an error that
 * nobody foresaw is tried again, since most such are passing, and dies after the last attempt.
 */
export function verdictOn(error: unknown): Verdict {
	const failure = describe(error);
	return canHeal(error) ? { kind: "retry", failure } : { kind: "dead", failure };
}

function canHeal(error: unknown): boolean {
	if (error instanceof UnreadableEventError || error instanceof InvalidEventError) return false;
	if (error instanceof KilledItsConsumerError) return false;
	if (isPassing(error)) return true;
	const { retryable, code } = Object(error) as { retryable?: unknown; code?: unknown };
	if (retryable === true) return true;
	const isClientError = typeof code === "number" && code >= 400 && code < 500;
	return !isClientError;
}

/** The machine-readable name that the error goes by: Moleculer's `type`, Node's and PostgreSQL's `code`, or its class. */
function describe(error: unknown): Failure {
	if (!(error instanceof Error)) return { code: "UNKNOWN", message: String(error), stack: undefined };
	const { type, code } = error as { type?: unknown; code?: unknown };
	const name = [type, code].find((candidate) => typeof candidate === "string" && candidate !== "");
	return { code: (name as string | undefined) ?? error.name, message: error.message, stack: error.stack };
}
