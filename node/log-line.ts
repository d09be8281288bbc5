/** pino's method that writes one line. */
type Write = (this: unknown, ...args: unknown[]) => void;

/**
 * A pino hook for how Moleculer and its services log: `logger.warn("What happened:", reason, { more })`. pino alone
 * would drop all but the first; here texts join the message, and objects become fields of the line.
 */
export function logLine(this: unknown, args: unknown[], write: Write): void {
	const fields: Record<string, unknown> = {};
	const words: string[] = [];
	for (const arg of args) {
		if (arg instanceof Error) Object.assign(fields, { err: arg });
		else if (typeof arg === "object" && arg !== null) Object.assign(fields, arg);
		else words.push(String(arg));
	}
	write.call(this, fields, words.join(" "));
}
