/** Why the shop has no database of its own, as a sentence for the person who typed `npm start`. */
export class EmbeddedPostgresError extends Error {
	override readonly name = "EmbeddedPostgresError";
}

/** True for an error of the file system, or of a spawn, with one of these codes. Not by class: jest has an Error of its own. */
export function isCode(error: unknown, ...codes: string[]): boolean {
	return codes.includes(String((error as { code?: unknown } | undefined)?.code));
}
