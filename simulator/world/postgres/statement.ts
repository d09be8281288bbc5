/** The text of what the driver is asked. */
export function sqlOf(query: unknown): string {
	return typeof query === "string" ? query : (query as { text: string }).text;
}

/** By its words: what only reads or locks is left out. */
export function mayChange(text: string): boolean {
	return /\b(INSERT|DELETE|TRUNCATE)\b|(?<!\bFOR (NO KEY )?)\bUPDATE\b/.test(text);
}

/** By its words: what is there for longer than its transaction. */
export function isKept(text: string): boolean {
	return /\bpg_(try_)?advisory_lock|^\s*(LISTEN|SET (?!LOCAL|client_min_messages|TIME ZONE))/.test(text);
}

/** By its words: it changes rows, and does nothing else. */
export function isPlain(text: string): boolean {
	return /^\s*(WITH|INSERT|UPDATE|DELETE)\b/.test(text) && mayChange(text);
}

/** Its name, or its text where it has none. */
export function textOf(query: unknown): string {
	if (typeof query === "string") return query;
	const { name, text } = query as { name?: string; text: string };
	return name ?? text;
}

/** On one line of a schedule. */
export function brief(text: string): string {
	return text.replaceAll(/\s+/g, " ").slice(0, 70);
}

/** What the driver answers where the server has nothing to do. */
export const NOTHING: Readonly<Record<string, object>> = {
	BEGIN: { command: "BEGIN", rows: [], rowCount: null },
	COMMIT: { command: "COMMIT", rows: [], rowCount: null },
	ROLLBACK: { command: "ROLLBACK", rows: [], rowCount: null },
};

export const READ_ONLY = "SET default_transaction_read_only = on";
