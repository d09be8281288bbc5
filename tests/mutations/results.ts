import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Mutant } from "./mutants";

/** What simulations have shown of a mutant so far. */
export interface Shown {
	/** Of the file that it is in: what was shown of another text is forgotten. */
	source: string;
	/** Whether a plan comes by it, or loading the program; not known of one that was never looked for. */
	isReached?: boolean;
	killedBy?: { plan: string; violation: string } | { test: string };
	/** Plans that held with it, and whether they went the same way as without it. */
	held: Record<string, "same" | "other">;
	/** Suites on servers that passed with it. */
	passed?: string[];
}

/** Kept in a file, so that the next run goes on where this one was stopped. */
export interface Results {
	of(mutant: Mutant): Shown;
	/** Forgets who was killed, so that they are tried again. */
	doubt(mutants: readonly Mutant[]): void;
	save(): void;
}

export function openResults(file: string, root: string): Results {
	const all: Record<string, Shown> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
	const sources = new Map<string, string>();
	const sourceOf = (name: string): string => {
		const known = sources.get(name);
		if (known !== undefined) return known;
		const text = readFileSync(path.join(root, name));
		const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
		sources.set(name, hash);
		return hash;
	};

	return {
		of({ key, file: name }) {
			const shown = all[key];
			const source = sourceOf(name);
			if (shown?.source === source) return shown;
			return (all[key] = { source, held: {} });
		},
		doubt(mutants) {
			for (const mutant of mutants) delete this.of(mutant).killedBy;
		},
		save() {
			writeFileSync(file, `${JSON.stringify(all, undefined, "\t")}\n`);
		},
	};
}
