import type { Logger } from "moleculer";
import type { Mailer } from "./mailer";

/** Delivers to the log: whoever develops finds the link there. Not for production, where many read it. */
export function loggingMailer(logger: Logger): Mailer {
	return {
		async send({ to, subject, text }) {
			logger.info(`Mail to ${to}: ${subject}\n\n${text}`);
		},
		reach: async () => undefined,
	};
}
