import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ASKS_FOR_ONE, ASKS_FOR_SEVERAL } from "./switches";

/** @returns the folder of the newest tree that Stryker has left, with all mutants in it, made ready for the simulator */
export function treeOf(folder: string): string {
	const trees = readdirSync(folder).map((name) => path.join(folder, name));
	const [tree] = trees.toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
	if (!tree) throw new Error(`Stryker has left no tree in ${folder}`);
	for (const part of ["mixins", "services"])
		for (const name of readdirSync(path.join(tree, part), { recursive: true, encoding: "utf8" })) {
			if (!name.endsWith(".ts")) continue;
			const file = path.join(tree, part, name);
			const text = readFileSync(file, "utf8");
			if (text.includes(ASKS_FOR_ONE)) writeFileSync(file, text.replace(ASKS_FOR_ONE, ASKS_FOR_SEVERAL));
		}
	return tree;
}
