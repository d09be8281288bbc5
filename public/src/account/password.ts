const CHARACTERS_MIN = 8;
const BYTES_MAX = 72;

/** What the shop would refuse, said before it is asked. */
export function passwordProblem(password: string, field = "password"): Record<string, string> {
	if (password.length < CHARACTERS_MIN) return { [field]: `At least ${CHARACTERS_MIN} characters, please.` };
	if (new TextEncoder().encode(password).length > BYTES_MAX)
		return { [field]: "That is too long to remember, and to store." };
	return {};
}
