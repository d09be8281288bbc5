import fs from "node:fs";
import path from "node:path";

export const ROOT = path.join(__dirname, "../..");

/** A piece of TypeScript that a document prints. */
export interface Block {
	document: string;
	/** Of its first line of code, from 1. */
	line: number;
	code: string;
	/** From the project's folder, where the fence names a file: "```ts services/users/purchases.ts". */
	file: string | undefined;
}

const FENCE = /^( *)```ts(?: (\S+))?\n(.*?)^\1```$/gms;

/** @param document from the project's folder */
export function blocksOf(document: string): Block[] {
	const text = fs.readFileSync(path.join(ROOT, document), "utf8").replaceAll("\r\n", "\n");
	return [...text.matchAll(FENCE)].map(({ index, 1: indent, 2: file, 3: code }) => ({
		document,
		line: text.slice(0, index).split("\n").length + 1,
		code: code!.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
		file,
	}));
}

/** Code at the line at which it stands in its document, so that a compiler's errors are found there. */
export function atItsLine({ line, code }: Pick<Block, "line" | "code">): string {
	return "\n".repeat(line - 1) + code;
}

/**
 * A document's blocks as one module. What declares nothing for others gets a function of its own, whose ends stand where
 * its fences stand.
 * @param first the first line of the module
 */
export function moduleOf(blocks: readonly Block[], first: string): string {
	const lines = [first];
	for (const { line, code } of blocks) {
		while (lines.length < line - 1) lines.push("");
		const isDeclaration = /^(import|export) /m.test(code);
		if (!isDeclaration) lines[line - 2] = `export async function at${line}(this: This) {`;
		lines.push(...code.trimEnd().split("\n"), isDeclaration ? "" : "}");
	}
	return `${lines.join("\n")}\n`;
}
