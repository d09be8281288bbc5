import { createHash } from "node:crypto";
import { inOneForm } from "../../inbox/id";

/** What can be typed at a console and passed as a parameter. An empty id, spaces or an escape sequence can't. */
const NAME = /^\w[\w.:@/+=-]{0,199}$/;

/**
 * How an operator names a dead letter: by its event_id, and what came without one, or with one that nobody could type,
 * by its body. Copies of a message have one name, and what is done about it is done about each.
 */
export function letterId(messageId: string | undefined, body: string | Buffer): string {
	if (messageId !== undefined && NAME.test(messageId)) return inOneForm(messageId);
	return `body-${createHash("sha256").update(body).digest("hex").slice(0, 16)}`;
}

/** The type of the event in a body that claims to be an envelope. */
export function eventTypeIn(body: string): string | undefined {
	try {
		const { event_type } = Object(JSON.parse(body)) as { event_type?: unknown };
		return typeof event_type === "string" ? event_type : undefined;
	} catch {
		// A letter may be dead for that very reason.
		return undefined;
	}
}
