import { DatabaseBusyError, LOCK_NOT_AVAILABLE } from "./errors";

/** SQLSTATE codes are listed in PostgreSQL's documentation, appendix A. */
const SERIALIZATION_CONFLICTS = new Set(["40001", "40P01"]);

/**
 * Class 08: connection exceptions; 57P0x: the server ends the session or is not ready; 25P0x: idle in a transaction, or too
 * long in one; 25006: it can only be read, which is no server to stay with.
 */
const CONNECTION_LOST = /^(08...|57P0[1-5]|25P0[34]|25006)$/;
const NETWORK_FAILED =
	/^(ECONN(RESET|REFUSED|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST(UNREACH|DOWN)|ENET(UNREACH|DOWN))$/;

/** Class 53: no room on its disk, in its memory, or for one more connection; class 58: its system fails it. */
const SERVER_UNABLE = /^(53[0-3]00|58...|25006)$/;

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
	const code = codeOf(error) ?? "";
	if (CONNECTION_LOST.test(code) || NETWORK_FAILED.test(code)) return true;
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

/** The server, or who runs it, has ended the session. */
const SESSION_ENDED = /^57P0[1-5]$/;

/** A server that is full, or can only be read, is so for everybody. */
const FOR_EVERYBODY = /^(53100|53300|25006)$/;

export function isForEverybody(error: unknown): boolean {
	return FOR_EVERYBODY.test(codeOf(error) ?? "");
}

/** Nothing that was asked for has led to it, as far as one can tell. */
export function isServersOwn(error: unknown): boolean {
	return isServerUnable(error) || SESSION_ENDED.test(codeOf(error) ?? "");
}

/** The server can't do for anybody what it was asked for, and that may go on for long. */
export function isServerUnable(error: unknown): boolean {
	return SERVER_UNABLE.test(codeOf(error) ?? "");
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
	return isServerUnable(error) || isLockTimeout(error) || /^(53400|57014)$/.test(codeOf(error) ?? "");
}
