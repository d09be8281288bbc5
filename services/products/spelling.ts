/** Neighbours that changed places are the likeliest slip, and so a little nearer than any other. */
const SWAP = 0.8;

/** The beginning of a longer word is meant by who has not typed all of it, but a whole word is more likely. */
const BEGINNING = 0.5;

/** So many neighbours are a guess. */
const MEANT_MAX = 10;

/** Nobody mistypes a longer one so that it could still be known. */
const LETTERS_MAX = 30;

/** Short words have too many neighbours: one slip in three letters could be anything. */
function slipsAllowed(letters: number): number {
	if (letters < 4) return 0;
	return letters < 8 ? 1 : 2;
}

/**
 * Which of the catalogue's words somebody meant: what was typed, where one of them has it, else those with the fewest
 * slips between.
 * @param typed folded, as the words are
 * @returns none where nothing is near enough
 */
export function nearest(typed: string, words: Iterable<string>): string[] {
	const allowed = slipsAllowed(typed.length);
	if (typed.length > LETTERS_MAX) return [];
	let best = Infinity;
	let found: string[] = [];
	for (const word of words) {
		if (word.includes(typed)) return [typed];
		const distance = distanceTo(typed, word, allowed);
		if (distance > best) continue;
		if (distance < best) found = [];
		best = distance;
		if (distance < Infinity) found.push(word);
	}
	return found.slice(0, MEANT_MAX);
}

function distanceTo(meant: string, word: string, allowed: number): number {
	if (word.includes(meant)) return 0;
	const whole = Math.abs(word.length - meant.length) <= allowed ? slips(meant, word) : Infinity;
	const ends = [-1, 0, 1].map((more) => meant.length + more).filter((end) => end < word.length);
	const beginning = Math.min(...ends.map((end) => slips(meant, word.slice(0, end))));
	return Math.min(whole <= allowed ? whole : Infinity, beginning <= allowed ? beginning + BEGINNING : Infinity);
}

/** What was left out, put in, mistaken or swapped (optimal string alignment, after Damerau, 1964). */
export function slips(from: string, to: string): number {
	let beforeLast: number[] = [];
	let last = Array.from({ length: to.length + 1 }, (_, column) => column);
	for (let row = 1; row <= from.length; row++) {
		const line = [row];
		for (let column = 1; column <= to.length; column++) {
			const isSame = from[row - 1] === to[column - 1];
			let least = Math.min(last[column]! + 1, line[column - 1]! + 1, last[column - 1]! + (isSame ? 0 : 1));
			const isSwapped = row > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
			if (isSwapped && !isSame) least = Math.min(least, beforeLast[column - 2]! + SWAP);
			line.push(least);
		}
		[beforeLast, last] = [last, line];
	}
	return last[to.length]!;
}
