/** Accents of alphabets in which they only change a letter, and what nobody sees. */
const ACCENTS = new RegExp(
	[
		String.raw`[\u0300-\u036f\u0483-\u0487\u1ab0-\u1ace\u1dc0-\u1dff\u20d0-\u20f0\ufe20-\ufe2f]`,
		String.raw`[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670]`,
		String.raw`[\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0640]`,
		String.raw`[\u00ad\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]`,
		String.raw`[\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}]`,
	].join("|"),
	"gu",
);

/** What Unicode takes for letters of their own, and people without them on their keyboards type otherwise. */
const OTHERWISE = new Map(
	Object.entries({
		ß: "ss",
		æ: "ae",
		œ: "oe",
		þ: "th",
		ø: "o",
		đ: "d",
		ð: "d",
		ł: "l",
		ħ: "h",
		ŧ: "t",
		ı: "i",
		ς: "σ",
	}),
);
for (const dash of "‐‒–—−") OTHERWISE.set(dash, "-");
for (const apostrophe of "‘’ʼ") OTHERWISE.set(apostrophe, "'");
const TYPED_OTHERWISE = new RegExp(`[${[...OTHERWISE.keys()].join("")}]`, "gu");

/**
 * A text as it is searched, without case, accents, width and ligatures, composed or not: the function `catalog.folded`
 * does the same to what is searched.
 */
export function folded(text: string): string {
	return text
		.normalize("NFKD")
		.toLowerCase()
		.replaceAll(ACCENTS, "")
		.replaceAll(TYPED_OTHERWISE, (letter) => OTHERWISE.get(letter)!);
}
