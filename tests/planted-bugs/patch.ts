/** What a patch does to one file: each place is found by what is there now, lines around it included. */
export interface Change {
	file: string;
	hunks: { before: string; after: string }[];
}

/** Reads a unified diff, as `git diff` writes it. */
export function readPatch(text: string): Change[] {
	return text
		.split(/^diff --git .*\n/m)
		.slice(1)
		.map((part) => {
			const file = /^\+\+\+ b\/(.*)$/m.exec(part)?.[1];
			if (file === undefined) throw new Error(`The patch names no file: ${part.slice(0, 200)}`);
			const hunks = part
				.split(/^@@ .*\n/m)
				.slice(1)
				.map((hunk) => ({ before: side(hunk, "-"), after: side(hunk, "+") }));
			return { file, hunks };
		});
}

/** @throws when a place is not there any more, or there are several */
export function patched(source: string, { file, hunks }: Change): string {
	return hunks.reduce((text, { before, after }) => {
		const found = text.split(before).length - 1;
		if (found !== 1) throw new Error(`${file} has ${found} places that look like this:\n${before}`);
		return text.replace(before, () => after);
	}, source);
}

function side(hunk: string, sign: "-" | "+"): string {
	return hunk
		.split("\n")
		.filter((line) => line.startsWith(" ") || line.startsWith(sign))
		.map((line) => `${line.slice(1)}\n`)
		.join("");
}
