import type { UserRow } from "../users.model";
import type { MailKind } from "./waiting-mail";

/** What a mail says, twice: once as plain text, once as HTML. */
export interface Letter {
	subject: string;
	text: string;
	html: string;
}

interface Words {
	subject: string;
	/** Of the web shop. */
	page: string;
	before: string;
	after: string;
}

const WORDS: Record<MailKind, Words> = {
	RESET_PASSWORD: {
		subject: "Choose a new password",
		page: "reset-password",
		before: "to choose a new password, open this link within an hour:",
		after: "You did not ask for it? Then leave it: your password stays as it is.",
	},
	VERIFY_EMAIL: {
		subject: "Confirm your e-mail address",
		page: "verify-email",
		before: "to confirm that this is your address, open this link within a week:",
		after: "You have no account with us? Then somebody has mistyped theirs, and you can leave this.",
	},
};

/** @param shop the address that people know it by, without a slash at its end */
export function letterOf(kind: MailKind, { name }: Pick<UserRow, "name">, shop: string, token: string): Letter {
	const { subject, page, before, after } = WORDS[kind];
	// Behind the #, where neither server nor referrer ever sees it.
	const link = `${shop}/${page}#token=${token}`;
	const called = plainName(name);
	const text = [called ? `Hello ${called},` : "Hello,", before, link, after].join("\n\n");
	const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${subject}</title></head>
<body>
<p>Hello${called ? ` <bdi>${escaped(called)}</bdi>` : ""},</p>
<p>${before}</p>
<p><a href="${escaped(link)}">${escaped(link)}</a></p>
<p>${after}</p>
</body>
</html>
`;
	return { subject, text: `${text}\n`, html };
}

/** Longer ones are texts. */
const NAME_CHARACTERS_MAX = 100;

/** Mail programs make a link of what looks like one, in any alphabet: some write vowels as marks. */
const LOOKS_LIKE_A_LINK = /[/@\\]|:\p{L}|[^\s.]\.[\p{L}\p{M}]{2}/u;

/**
 * A name on one line, or nothing where it is none: whoever registers somebody else's address chooses what stands here, and
 * the shop must not carry a stranger's text or link to them.
 */
function plainName(name: string): string | undefined {
	const line = name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
	if (line === "" || [...line].length > NAME_CHARACTERS_MAX || LOOKS_LIKE_A_LINK.test(asBrowsersRead(line)))
		return undefined;
	return line;
}

/** They take other dots and widths for the usual ones, and nothing for what can't be seen (Unicode, UTS 46). */
function asBrowsersRead(line: string): string {
	return line
		.normalize("NFKC")
		.replaceAll("。", ".")
		.replaceAll(/\p{Default_Ignorable_Code_Point}/gu, "");
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string): string {
	return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
