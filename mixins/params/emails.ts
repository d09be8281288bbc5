import isEmail from "validator/lib/isEmail";
import type { Check, Rules } from "./reading";
import { trimmed } from "./texts";

/** RFC 5321. */
const LENGTH_MAX = 254;

/** What nobody can see or type in an address, which validator.js takes for letters. */
const UNSEEN = /[\s\p{C}\p{Default_Ignorable_Code_Point}]/u;

/** Whether mail could be sent there, in any alphabet. */
export function isEmailAddress(text: string): boolean {
	return text.length <= LENGTH_MAX && isEmail(text) && !UNSEEN.test(text);
}

/** What an address had to look like before {@link isEmailAddress} decided: some accounts have one of these. */
export function isKnownEmailAddress(text: string): boolean {
	return text.length <= LENGTH_MAX && /^\S+@\S+\.\S+$/.test(text);
}

const readEmail: Check<{ known?: boolean }> = (value, errors, { known = false }) => {
	if (typeof value !== "string") {
		errors.push({ type: "string", actual: value });
		return value;
	}
	const text = trimmed(value);
	const isOne = known ? isKnownEmailAddress(text) : isEmailAddress(text);
	if (!isOne) errors.push({ type: text === "" ? "emailEmpty" : "email", actual: value });
	return text;
};

/**
 * `emailAddress`: read without what was pasted around it; its letters stay as they are. With `known` it is one that an
 * account was opened with, under whatever rule held then.
 */
export function readEmails(validator: Rules): void {
	validator.alias("emailAddress", { type: "custom", check: readEmail });
}
