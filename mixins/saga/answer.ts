import { isAway } from "../access/away";

/** What came of one attempt at a step. */
export type Answer<Data> =
	| { kind: "succeeded"; keep: Partial<Data>; pass: unknown }
	/** A clear no: nothing was done, and asking again gets the same. */
	| { kind: "refused"; reason: string; message: string }
	/** It went wrong; whether it was done is not known. */
	| { kind: "failed"; reason: string; message: string }
	/** Nobody could be asked, or none answered; whether it was done is not known. */
	| { kind: "away"; reason: string; message: string };

/** Reads an error as an answer, by `type` and `code`. */
export function answerOf(error: unknown): Exclude<Answer<never>, { kind: "succeeded" }> {
	const { type, code, retryable, message } = Object(error) as Record<string, unknown>;
	const reason = typeof type === "string" && type !== "" ? type : "INTERNAL_ERROR";
	const text = String(message ?? error);
	if (isAway(error) || (code === 503 && retryable === true)) return { kind: "away", reason, message: text };
	const isRefusal = typeof code === "number" && code >= 400 && code < 500 && retryable !== true;
	return { kind: isRefusal ? "refused" : "failed", reason, message: text };
}
