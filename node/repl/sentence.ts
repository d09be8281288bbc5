/** What an operator reads of an error: one sentence, with what was wrong about each parameter. */
export function sentenceOf(error: unknown): string {
	const { message, type, data } = Object(error) as { message?: unknown; type?: unknown; data?: unknown };
	if (type === "VALIDATION_ERROR" && Array.isArray(data)) {
		return data.map((problem: { message?: string }) => problem.message).join(" ");
	}
	return typeof message === "string" ? message : String(error);
}
