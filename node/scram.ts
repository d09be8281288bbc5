import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** What PostgreSQL itself takes; more would cost each new connection more. */
const ITERATIONS = 4_096;
const KEY_BYTES = 32;

/**
 * What PostgreSQL keeps of a password, instead of the password (RFC 5803, `SCRAM-SHA-256$…`): made here, a password is
 * in no statement and so in no server's log.
 * @param password ASCII, so that it needs no SASLprep
 */
export function scramVerifier(password: string, salt = randomBytes(16)): string {
	const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, "sha256");
	const keyFor = (words: string): Buffer => createHmac("sha256", salted).update(words).digest();
	const storedKey = createHash("sha256").update(keyFor("Client Key")).digest("base64");
	const serverKey = keyFor("Server Key").toString("base64");
	return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
