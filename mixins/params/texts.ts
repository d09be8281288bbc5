import type { Check, Rules } from "./reading";

/**
 * What nobody sees at the end of a text: spaces of every alphabet, zero widths, marks of direction, fillers. Not those
 * that an emoji may end with.
 */
const AROUND =
	/[\u034f\s\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}]/u;

/** After the mark of an Indic script these make another letter of the last one: it is seen. */
const JOINER = /[\u200c\u200d]/u;
const MARK = /\p{M}/u;

/** Something that takes a place on the screen by itself. */
const VISIBLE = /[^\s\p{Cc}\p{Cf}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

/** What ends a line, or moves the cursor, or rings a bell. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const CONTROL_IN_TEXT = /[^\P{Cc}\t\n\r]/u;

/** Without what nobody sees at its ends; empty where all of it is of that kind. One step for each character. */
export function trimmed(text: string): string {
	const characters = [...text];
	let [start, end] = [0, characters.length];
	while (start < end && AROUND.test(characters[start]!)) start++;
	while (end > start && AROUND.test(characters[end - 1]!) && !joins(characters, end - 1)) end--;
	const rest = characters.slice(start, end).join("");
	return VISIBLE.test(rest) ? rest : "";
}

function joins(characters: readonly string[], at: number): boolean {
	return JOINER.test(characters[at]!) && MARK.test(characters[at - 1] ?? "");
}

interface Limits {
	min?: number;
	/** UTF-16 code units. */
	max?: number;
}

const reading =
	(control: RegExp): Check<Limits> =>
	(value, errors, { min = 0, max = Infinity }) => {
		if (typeof value !== "string") {
			errors.push({ type: "string", actual: value });
			return value;
		}
		const text = trimmed(value);
		if (text.length < min) {
			errors.push({ type: text === "" ? "stringEmpty" : "stringMin", expected: min, actual: text.length });
		}
		if (text.length > max) errors.push({ type: "stringMax", expected: max, actual: text.length });
		if (control.test(text)) errors.push({ type: "control", actual: value });
		return text;
	};

const checkLine = reading(CONTROL);
const checkText = reading(CONTROL_IN_TEXT);

const messages = { control: "The '{field}' field must not contain control characters." };

/** A `line`, for mixins, whose services may run with a validator that has not been told what follows. */
export function lineOf(min: number, max: number) {
	return { type: "custom", check: checkLine, min, max, messages };
}

/** A `text`, likewise. */
export function textOf(min: number, max: number) {
	return { type: "custom", check: checkText, min, max, messages };
}

/**
 * What people write: `line` a name, or a line of an address, `text` what may have several. Both are read without what
 * nobody sees around them, so that a `min` of 1 means something that can be seen; control characters are refused.
 */
export function readTexts(validator: Rules): void {
	validator.addMessage("control", messages.control);
	validator.alias("line", { type: "custom", check: checkLine });
	validator.alias("text", { type: "custom", check: checkText });
}
