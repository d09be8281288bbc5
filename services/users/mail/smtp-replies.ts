import type { NodemailerError } from "nodemailer";
import type { Hindrance } from "./not-sent";

/** It closes the connection, whatever it was asked. */
const SERVICE_NOT_AVAILABLE = 421;
/** From there on a reply is a no for good (RFC 5321, section 4.2.1). */
const PERMANENT = 500;
/** It wants to know who sends, or wants it in another way (RFC 4954, section 6), or has not understood. */
const NOT_SIGNED_IN = new Set([503, 530, 534, 535, 538]);
/** Of mailboxes: not there, not local, full, not a name. */
const OF_A_MAILBOX = new Set([550, 551, 552, 553]);

/** The status of RFC 3463 that follows the code, or as qmail has it: `553 sorry (#5.7.1)`. */
const STATUS = /(?:^5\d\d[ -]|\(#)5\.(\d{1,3})\.(\d{1,3})\b/;
/** Those of the addresses, but `other` and what is wrong with the sender's; and those of the mailbox. */
const OF_THE_RECIPIENT = /^(?:1\.(?!0$|7$|8$)\d+|2\.\d+)$/;
const OF_THE_SENDER = /^1\.[78]$/;
/** Security and policy: who may send what to whom. */
const OF_POLICY = /^7\./;
/** Many say so in words alone: `550 relay not permitted`. */
const NAMES_THE_SENDER = /\b(?:client|helo|sender|relay|authenti)/i;

/** What a failure says of who has to change something. */
export function hindranceOf({ command = "", responseCode: code, response = "" }: NodemailerError): Hindrance {
	if (!code || code === SERVICE_NOT_AVAILABLE) return "server";
	if (command === "DATA") return code < PERMANENT ? "later" : "never";
	if (command === "RCPT TO") return code < PERMANENT ? "later" : ofRecipient(code, response);
	return "server";
}

/**
 * By default Postfix tells there, too, what it thinks of the client and the sender. That is not the recipient's fault, and
 * when whoever set it up has mended it, what waits is sent. Where nobody can tell, this mail alone waits: an address that
 * a stranger has chosen must not hold up the others.
 */
function ofRecipient(code: number, response: string): Hindrance {
	const [, subject, detail] = STATUS.exec(response) ?? [];
	const status = subject ? `${subject}.${detail}` : "";
	if (OF_THE_RECIPIENT.test(status)) return "never";
	const words = response.replaceAll(/\S+@\S+/g, "");
	if (NOT_SIGNED_IN.has(code) || OF_THE_SENDER.test(status) || NAMES_THE_SENDER.test(words)) return "server";
	return OF_A_MAILBOX.has(code) && !OF_POLICY.test(status) ? "never" : "later";
}
