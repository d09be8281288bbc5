import { createTransport, type NodemailerError } from "nodemailer";
import parseAddresses from "nodemailer/lib/addressparser";
import type { Settings } from "../../../node/settings";
import type { Mailer } from "./mailer";
import { NotSentError } from "./not-sent";
import { hindranceOf } from "./smtp-replies";

/**
 * Some let a stranger wait for their greeting for a while, to see whether it is patient as a mail server is. Nodemailer
 * has that end with the time for connecting, and with the silence that it allows.
 */
export const TIMEOUTS = { dnsTimeout: 5_000, connectionTimeout: 30_000, socketTimeout: 30_000 };

/**
 * Delivers by SMTP, each mail on a connection of its own: there are few, and a connection that is kept would be one more
 * thing that can be lost unnoticed.
 */
export function smtpMailer({ server, from }: NonNullable<Settings["mail"]>, timeouts = TIMEOUTS): Mailer {
	const { rejectUnauthorized, auth, ...address } = server;
	const transport = createTransport({
		...address,
		...(auth && { auth }),
		...timeouts,
		tls: { rejectUnauthorized },
		disableFileAccess: true,
		disableUrlAccess: true,
	});
	const domain = from.address.split("@")[1]!;
	/** Ids of mails that the server has from their first character to the last. */
	const handedOver = new Set<string>();
	transport.use("stream", ({ message }, done) => {
		message.processFunc((stream) => stream.once("end", () => handedOver.add(message.messageId())));
		done();
	});

	return {
		async send({ id, to, subject, text, html }, signal) {
			if (!isOneAddress(to))
				throw new NotSentError("address", "mail can't be addressed to what its account is known by");
			const letter = { from, to: { name: "", address: to }, subject, text, html };
			// Nobody's holiday is to answer to it (RFC 3834).
			const headers = { "Auto-Submitted": "auto-generated" };
			const messageId = `<${id}@${domain}>`;
			try {
				await transport.sendMail({ ...letter, headers, messageId, signal });
			} catch (error) {
				throw notSent(error as NodemailerError, handedOver.has(messageId));
			} finally {
				handedOver.delete(messageId);
			}
		},
		async reach() {
			try {
				await transport.verify();
			} catch (error) {
				throw notSent(error as NodemailerError, false);
			}
		},
	};
}

/** Nodemailer reads more out of an address than a person who checks one: with a comma in it, it would be two. */
function isOneAddress(text: string): boolean {
	const [found, ...others] = parseAddresses(text);
	return found?.address === text && others.length === 0;
}

function notSent(error: NodemailerError, isHandedOver: boolean): NotSentError {
	const { command, code, responseCode } = error;
	// Nodemailer itself won't send to such an address.
	const hindrance = code === "EENVELOPE" && command === "API" ? "address" : hindranceOf(error);
	return new NotSentError(hindrance, withoutSecrets(error.message), isHandedOver && !responseCode);
}

/** A server likes to quote what it refuses: addresses, and from a filter perhaps the link. */
function withoutSecrets(text: string): string {
	return text
		.replaceAll(/\bhttps?:\S*/gi, "…")
		.replaceAll(/[\w-]{24,}/g, "…")
		.replaceAll(/[^\s<>"]+@[^\s<>"]+/g, "…");
}
