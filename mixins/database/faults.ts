import { DatabaseBusyError, LOCK_NOT_AVAILABLE } from "./errors";

/** SQLSTATE codes are listed in PostgreSQL's documentation, appendix A. */
const SERIALIZATION_CONFLICTS = new Set(["40001", "40P01"]);

/** Class 08: connection exceptions; 57P0x: the server ends the session or is not ready; 25P03: idle in transaction. */
const CONNECTION_LOST = /^(08...|57P0[1-5]|25P03|ECONNRESET|EPIPE|ECONNREFUSED|ETIMEDOUT|ENOTFOUND)$/;

function codeOf(error: unknown): string | undefined {
	const { code, original } = Object(error) as { code?: unknown; original?: { code?: unknown } };
	if (typeof code === "string") return code;
	return typeof original?.code === "string" ? original.code : undefined;
}

/** The transaction lost against another one and succeeds when it is run again. */
export function isSerializationConflict(error: unknown): boolean {
	return SERIALIZATION_CONFLICTS.has(codeOf(error) ?? "");
}

/** The connection is gone: the statement's outcome is unknown, and the connection must not be used again. */
export function isConnectionLost(error: unknown): boolean {
	if (CONNECTION_LOST.test(codeOf(error) ?? "")) return true;
	const { message } = Object(error) as { message?: unknown };
	return (
		typeof message === "string" &&
		/connection terminated|client was closed|not queryable|connection error|query read timeout/i.test(message)
	);
}

/** No statement reaches the database: the connection is gone, or none can be made. */
export function isUnreachable(error: unknown): boolean {
	if (isConnectionLost(error)) return true;
	const { name } = Object(error) as { name?: unknown };
	return typeof name === "string" && /^Sequelize(Connection|HostNot|AccessDenied|DatabaseTimeout)/.test(name);
}

/** Somebody else has held what it needs for longer than it may wait. */
export function isLockTimeout(error: unknown): boolean {
	return codeOf(error) === LOCK_NOT_AVAILABLE;
}

/** A unique constraint refused the row. @returns the constraint's name */
export function violatedConstraint(error: unknown): string | undefined {
	const { constraint, original } = Object(error) as { constraint?: string; original?: { constraint?: string } };
	return constraint ?? original?.constraint;
}

/** A text holds U+0000, the one character that PostgreSQL keeps in none; 22P05 says so of JSON. */
export function isUnstorableText(error: unknown): boolean {
	return /^(22021|22P05)$/.test(codeOf(error) ?? "");
}

/**
 * Time can heal it: the database is away, busy, or two transactions met. Everything else is a mistake in the data or
 * the code, which another attempt repeats.
 */
export function isPassing(error: unknown): boolean {
	if (isSerializationConflict(error) || isUnreachable(error) || error instanceof DatabaseBusyError) return true;
	return isLockTimeout(error) || /^(53...|57014)$/.test(codeOf(error) ?? "");
}
