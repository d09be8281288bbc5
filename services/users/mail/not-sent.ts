/**
 * Who has to change something before a mail can be sent: the server or whoever set it up, and then no other mail can be
 * sent either; nobody, since the server wants this one later; or nobody ever, since it will not have this one.
 */
export type Hindrance = "server" | "later" | "never";

/** Why a mail was not sent. The message may be logged: it holds neither an address nor a link. */
export class NotSentError extends Error {
	override readonly name = "NotSentError";

	constructor(
		readonly hindrance: Hindrance,
		reason: string,
	) {
		super(reason);
	}
}
