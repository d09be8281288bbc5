import bcrypt from "bcrypt";
import { Errors } from "moleculer";

/** bcrypt ignores what follows; a longer password is refused instead of being cut off in silence. */
const PASSWORD_BYTES_MAX = 72;
const PASSWORD_CHARACTERS_MIN = 8;

/** @throws a validation error that names the field */
export function refuseWeakPassword(password: string, field = "password"): void {
	const problem =
		[...password].length < PASSWORD_CHARACTERS_MIN
			? `The password needs at least ${PASSWORD_CHARACTERS_MIN} characters`
			: Buffer.byteLength(password) > PASSWORD_BYTES_MAX
				? `The password has ${Buffer.byteLength(password)} bytes, and ${PASSWORD_BYTES_MAX} is the most`
				: undefined;
	if (problem) throw new Errors.ValidationError(problem, "VALIDATION_ERROR", [{ field, message: problem }]);
}

export function hashPassword(password: string, cost: number): Promise<string> {
	return bcrypt.hash(password, cost);
}

/** A hash that no password has, one for each cost: comparing with it takes as long as with a real one. */
const decoys = new Map<number, Promise<string>>();

/** Takes the same time whether the account exists or not. */
export async function passwordMatches(password: string, hash: string | undefined, cost: number): Promise<boolean> {
	let decoy = decoys.get(cost);
	if (!decoy) decoys.set(cost, (decoy = bcrypt.hash("a password that nobody has", cost)));
	const matches = await bcrypt.compare(password, hash ?? (await decoy));
	return matches && hash !== undefined;
}
