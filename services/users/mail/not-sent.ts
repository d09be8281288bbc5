/**
 * Who has to change something before a mail can be sent: the server or whoever set it up, and then no other mail can be
 * sent either; nobody, since the server wants this one later; nobody ever, since it will not have this one; or nobody
 * ever, since its address is none, for which the server need not be asked.
 */
export type Hindrance = "server" | "later" | "never" | "address";

/** Why a mail was not sent. The message may be logged: it holds neither an address nor a link. */
export class NotSentError extends Error {
	override readonly name = "NotSentError";

	/** @param mayHaveLeft the server has the whole mail, and has not said whether it takes it */
	constructor(
		readonly hindrance: Hindrance,
		reason: string,
		readonly mayHaveLeft = false,
	) {
		super(reason);
	}
}
