import bcrypt from "bcrypt";
import { Errors } from "moleculer";
import { COMMON_PASSWORDS } from "./common-passwords";
import { hashing } from "./hashing";

/** bcrypt ignores what follows; a longer password is refused instead of being cut off in silence. */
const PASSWORD_BYTES_MAX = 72;
const PASSWORD_CHARACTERS_MIN = 8;

/** @throws a validation error that names the field */
export function refuseWeakPassword(password: string, field = "password"): void {
	const problem = weaknessOf(password);
	if (problem) throw new Errors.ValidationError(problem, "VALIDATION_ERROR", [{ field, message: problem }]);
}

function weaknessOf(password: string): string | undefined {
	if ([...password].length < PASSWORD_CHARACTERS_MIN)
		return `The password needs at least ${PASSWORD_CHARACTERS_MIN} characters`;
	const bytes = Buffer.byteLength(password);
	if (bytes > PASSWORD_BYTES_MAX) return `The password has ${bytes} bytes, and ${PASSWORD_BYTES_MAX} is the most`;
	if (COMMON_PASSWORDS.has(password.toLowerCase())) return "This password is one of those that are guessed first";
	return undefined;
}

/** @throws {TooManyLoginsError} */
export function hashPassword(password: string, cost: number): Promise<string> {
	return hashing(() => bcrypt.hash(password, cost));
}

/** A hash that no password has, one for each cost: comparing with it takes as long as with a real one. */
const decoys = new Map<number, Promise<string>>();

/**
 * Takes the same time whether the account exists or not.
 * @throws {TooManyLoginsError}
 */
export async function passwordMatches(password: string, hash: string | undefined, cost: number): Promise<boolean> {
	let decoy = decoys.get(cost);
	if (!decoy) decoys.set(cost, (decoy = bcrypt.hash("a password that nobody has", cost)));
	// bcrypt would compare only the beginning of a longer one, and let it in.
	const canMatch = hash !== undefined && Buffer.byteLength(password) <= PASSWORD_BYTES_MAX;
	const compared = canMatch ? hash : await decoy;
	return (await hashing(() => bcrypt.compare(password, compared))) && canMatch;
}
