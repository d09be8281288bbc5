import type { Logger } from "moleculer";
import type { Mailer } from "./mailer";

export interface LoggingMailerOptions {
	logger: Logger;
	production: boolean;
}

/**
 * Delivers to the log: whoever develops finds the link there. In production a log is read by many, and a link that
 * opens an account is for one alone; it says there only that a mail had nowhere to go.
 */
export function loggingMailer({ logger, production }: LoggingMailerOptions): Mailer {
	return {
		async send({ id, userId, to, subject, text }) {
			if (production) logger.warn(`There is no mailer: mail ${id} to user ${userId} was not sent`);
			else logger.info(`Mail to ${to}: ${subject}\n\n${text}\n`);
		},
	};
}
