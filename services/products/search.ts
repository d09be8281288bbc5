import { folded } from "./folded";
import { nearest } from "./spelling";

/** What is searched, folded: the index products_search_text is on it. */
const TEXT = "p.search_text";

/** People type two or three; more would only make it slow. */
const WORDS_MAX = 6;

/** The commonest are known best. A catalogue that has more is not searched by slips of the others. */
const KNOWN_WORDS_MAX = 20_000;

/** Every word of three letters or more, the commonest first. Punctuation by name: what a letter is depends on the locale. */
export const KNOWN_WORDS = `SELECT word FROM catalog.products p, regexp_split_to_table(${TEXT}, '[\\s.,;:!?()/"''%&+*=_-]+') AS word
	WHERE (p.active OR $1) AND length(word) >= 3 GROUP BY word ORDER BY count(*) DESC, word LIMIT ${KNOWN_WORDS_MAX}`;

/** A condition for a WHERE, with its values, and a name for its form. */
export interface Condition {
	form: string;
	values: unknown[];
	/** @param first the number of its first parameter */
	sql(first: number): string;
}

/** Every word is somewhere in the product's name, number or description. What has no word, such as an accent alone, is nowhere. */
export function exactly(search: string): Condition {
	const words = wordsOf(search, /\s+/);
	if (words.length === 0 && search.trim() !== "") return { form: "nowhere", values: [], sql: () => "false" };
	return {
		form: `search${words.length}`,
		values: words.map(anywhere),
		sql: (first) => all(words.map((_, index) => `${TEXT} LIKE $${first + index}`)),
	};
}

/**
 * For what was mistyped, once it is known that nothing has it exactly: instead of each word those of the catalogue that
 * are nearest to it.
 * @returns nothing where one of them is near to none
 */
export function corrected(search: string, known: readonly string[]): Condition | undefined {
	const words = wordsOf(search, /[\s-]+/);
	const meant = words.map((word) => nearest(word, known));
	if (words.length === 0 || meant.some(({ length }) => length === 0)) return undefined;
	return {
		form: `meant${words.length}`,
		values: meant.map((each) => each.map(anywhere)),
		sql: (first) => all(words.map((_, index) => `${TEXT} LIKE ANY ($${first + index}::text[])`)),
	};
}

function wordsOf(search: string, between: RegExp): string[] {
	return folded(search).split(between).filter(Boolean).slice(0, WORDS_MAX);
}

function anywhere(word: string): string {
	return `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}

function all(conditions: readonly string[]): string {
	return conditions.length > 0 ? conditions.join(" AND ") : "true";
}
