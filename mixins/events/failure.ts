import { BODY_BYTES_MAX, type Failure } from "./transport";

/** A dead letter's stack, in bytes of UTF-8: enough for a long one, small beside the frame that carries it. */
export const STACK_BYTES_MAX = 8 * 1024;
const MESSAGE_BYTES_MAX = 2 * 1024;
const CODE_BYTES_MAX = 128;

/** The code of a message that was not even shown to a handler. */
export const TOO_LARGE = "MESSAGE_TOO_LARGE";

/** Cuts what a handler said about its failure down to what is kept with a dead letter. */
export function limited(failure: Failure): Failure {
	return {
		code: firstBytes(failure.code, CODE_BYTES_MAX),
		message: firstBytes(failure.message, MESSAGE_BYTES_MAX),
		stack: failure.stack === undefined ? undefined : firstBytes(failure.stack, STACK_BYTES_MAX),
	};
}

/** Why a message of so many bytes is not even shown to a handler. */
export function tooLarge(bytes: number): Failure | undefined {
	if (bytes <= BODY_BYTES_MAX) return undefined;
	const message = `The body of ${bytes} bytes is over the limit of ${BODY_BYTES_MAX}: too large`;
	return { code: TOO_LARGE, message, stack: undefined };
}

/** What a handler threw although it must not: its bug, but the message has to go somewhere. */
export function failureOf(error: unknown): Failure {
	if (!(error instanceof Error)) return { code: "UNKNOWN", message: String(error), stack: undefined };
	const { code } = error as { code?: unknown };
	return { code: typeof code === "string" ? code : error.name, message: error.message, stack: error.stack };
}

/** Cut between characters. NUL, which PostgreSQL's text can't hold, is shown as a symbol. */
function firstBytes(text: string, bytesMax: number): string {
	const clean = text.replaceAll("\0", "␀");
	const bytes = Buffer.from(clean);
	if (bytes.length <= bytesMax) return clean;
	let end = bytesMax;
	while ((bytes[end]! & 0b1100_0000) === 0b1000_0000) end--;
	return bytes.toString("utf8", 0, end);
}
