import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { ASKS_FOR_ONE, ASKS_FOR_SEVERAL } from "./switches";

export const ROOT = path.join(__dirname, "../..");

/** Where what is known of a folder is kept, as stryker.config.mjs says it too. */
export function keptOf(folder: string): string {
	return path.join(ROOT, ".mutations", folder);
}

/** Tries a folder's mutants with the unit tests beside them. Stryker leaves its report, and a tree with all mutants in it. */
export function tryUnits(folder: string): void {
	rmSync(path.join(keptOf(folder), "tree"), { recursive: true, force: true });
	const stryker = path.join(ROOT, "node_modules/@stryker-mutator/core/bin/stryker.js");
	const { status } = spawnSync(process.execPath, [stryker, "run", path.join(__dirname, "stryker.config.mjs")], {
		cwd: ROOT,
		stdio: "inherit",
		env: { ...process.env, MUTATED_FOLDER: folder },
	});
	if (status !== 0) throw new Error(`Stryker has ended with ${status} in ${folder}`);
}

/** @returns the tree that Stryker has left, made ready for the simulator */
export function treeOf(folder: string): string {
	const parent = path.join(keptOf(folder), "tree");
	const trees = readdirSync(parent).map((name) => path.join(parent, name));
	const [tree] = trees.toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
	if (!tree) throw new Error(`Stryker has left no tree of ${folder}`);
	for (const name of readdirSync(path.join(tree, folder), { recursive: true, encoding: "utf8" })) {
		if (!name.endsWith(".ts")) continue;
		const file = path.join(tree, folder, name);
		const text = readFileSync(file, "utf8");
		if (text.includes(ASKS_FOR_ONE)) writeFileSync(file, text.replace(ASKS_FOR_ONE, ASKS_FOR_SEVERAL));
	}
	return tree;
}
