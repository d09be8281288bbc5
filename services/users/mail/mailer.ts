/** One letter to one person. */
export interface Mail {
	/** The same whenever it is sent again: whoever delivers may drop a second one. */
	id: string;
	/** The account that it is about. */
	userId: string;
	to: string;
	subject: string;
	/** Plain text. May hold a secret link, so it belongs into no log of production. */
	text: string;
}

/** Hands mail to whoever delivers it. A real one is one more file with this interface. */
export interface Mailer {
	/**
	 * Resolves when the mail is in safe hands; until then it is sent again.
	 * @param signal aborted when it has taken too long
	 */
	send(mail: Mail, signal: AbortSignal): Promise<void>;
}
