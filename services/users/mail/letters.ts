import type { UserRow } from "../users.model";
import type { MailKind } from "./waiting-mail";

/** What a mail says. */
export interface Letter {
	subject: string;
	text: string;
}

/** Behind the #, where neither server nor referrer ever sees it. */
const linkTo = (shop: string, page: string, token: string): string => `${shop}/${page}#token=${token}`;

/** @param shop the address that people know it by */
export function letterOf(kind: MailKind, { name }: Pick<UserRow, "name">, shop: string, token: string): Letter {
	if (kind === "RESET_PASSWORD") {
		return {
			subject: "Choose a new password",
			text: `Hello ${name},

to choose a new password, open this link within an hour:

${linkTo(shop, "reset-password", token)}

You did not ask for it? Then leave it: your password stays as it is.`,
		};
	}
	return {
		subject: "Confirm your e-mail address",
		text: `Hello ${name},

to confirm that this is your address, open this link within a week:

${linkTo(shop, "verify-email", token)}

You have no account with us? Then somebody has mistyped theirs, and you can leave this.`,
	};
}
