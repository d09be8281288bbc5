/** What the driver throws when its connection is lost in the middle of a statement. */
export function lost(): Error {
	return new Error("Connection terminated unexpectedly");
}

/** What the driver throws when it was not answered in time. */
export function readTimeout(): Error {
	return new Error("Query read timeout");
}

/** What the driver throws when it was not let in in time. */
export function connectTimeout(): Error {
	return new Error("timeout expired");
}

/** What the driver throws to those who still wait when their client is ended. */
export function ended(): Error {
	return new Error("Connection terminated");
}

/** What the driver throws at a client whose connection has failed before. */
export function notQueryable(): Error {
	return new Error("Client has encountered a connection error and is not queryable");
}

/** What PostgreSQL says when it ends a session by itself. */
export function adminShutdown(): Error {
	return said("57P01", "terminating connection due to administrator command", "FATAL");
}

export function refused(): Error {
	return Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
}

/** What PostgreSQL says when its own limits end a statement; here they go by simulated time, so it is said for it. */
export function lockTimeout(): Error {
	return said("55P03", "canceling statement due to lock timeout");
}

export function statementTimeout(): Error {
	return said("57014", "canceling statement due to statement timeout");
}

export function deadlockDetected(): Error {
	return said("40P01", "deadlock detected");
}

function said(code: string, message: string, severity = "ERROR"): Error {
	return Object.assign(new Error(message), { code, severity, length: message.length, name: "error" });
}
