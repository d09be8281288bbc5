/**
 * A named SQL text. PostgreSQL parses and plans it once for each connection and name, which on one-row statements
 * saves about a third of the time; so the name must be unique for its text.
 */
export interface Statement {
	readonly name: string;
	readonly text: string;
}

/** Names a statement. `name` is at most 63 bytes: PostgreSQL silently cuts longer ones, and two could collide. */
export function sql(name: string, text: string): Statement {
	if (Buffer.byteLength(name) > 63) throw new Error(`The statement name ${name} is longer than 63 bytes`);
	return Object.freeze({ name, text });
}
