import type { Logger } from "moleculer";
import { isLoopback } from "../../../mixins/http/loopback";
import type { Settings } from "../../../node/settings";
import { loggingMailer } from "./logging-mailer";
import { smtpMailer } from "./smtp-mailer";

/** One letter to one person. */
export interface Mail {
	/** The same whenever it is sent again: whoever delivers may drop a second one. */
	id: string;
	/** The account that it is about. */
	userId: string;
	to: string;
	subject: string;
	/** Plain text. Holds a secret link, so it belongs into no log of production. */
	text: string;
	html: string;
}

/** Hands mail to whoever delivers it. */
export interface Mailer {
	/**
	 * Resolves when the mail is in safe hands.
	 * @param signal aborted when it has taken too long
	 * @throws a NotSentError
	 */
	send(mail: Mail, signal: AbortSignal): Promise<void>;
	/** Asks whether mail would be taken, so that a wrong password is known before somebody waits. @throws a NotSentError */
	reach(): Promise<void>;
}

/** Says what is wrong with it. @returns nothing where mail has nowhere to go, or its links would lead nowhere */
export function mailerOf({ mail, publicUrl, production }: Settings, logger: Logger): Mailer | undefined {
	if (production && !mail) {
		logger.warn("No mail is sent, because SMTP_URL is not set: nobody can reset a password or confirm an address");
		return undefined;
	}
	if (production && publicUrl === undefined) {
		logger.warn(
			"No mail with a link is sent, because PUBLIC_URL is not set: nobody can reset a password or confirm an address",
		);
		return undefined;
	}
	// It may be meant: whoever tries the containers on their own machine, with a mail server there, can open them.
	if (production && isLoopback(new URL(publicUrl!))) {
		logger.warn(
			`Links in mails begin with ${publicUrl}, and only this machine can open them: PUBLIC_URL says where people find the shop`,
		);
	}
	return mail ? smtpMailer(mail) : loggingMailer(logger);
}
