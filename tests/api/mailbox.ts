import type { Mail, Mailer } from "../../services/users/mail/mailer";
import type { Shop } from "../support/shop";
import { until } from "../support/until";

/** Where the shop's mail arrives in tests that are not about mail. */
export interface Mailbox {
	mails: Mail[];
	/** Waits for mail to that address with that subject. @returns the newest */
	to(email: string, subject: RegExp, count?: number): Promise<Mail>;
}

export function mailboxOf(shop: Shop): Mailbox {
	const mailbox: Mailbox = {
		mails: [],
		to: async (email, subject, count = 1) => {
			const found = () => mailbox.mails.filter((mail) => mail.to === email && subject.test(mail.subject));
			return until(() => found().length >= count && found().at(-1), { what: `mail to ${email}: ${subject}` });
		},
	};
	const users = shop.node().broker.getLocalService("users") as unknown as { mailer: Mailer };
	users.mailer = {
		send: async (mail) => void mailbox.mails.push(mail),
		reach: async () => undefined,
	};
	return mailbox;
}

export const tokenIn = ({ text }: { text?: string }): string => /#token=([\w-]{43})$/m.exec(text!)![1]!;
