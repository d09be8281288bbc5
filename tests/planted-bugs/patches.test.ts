import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { bugs, patchOf } from "./bugs";
import { patched, readPatch } from "./patch";

const ROOT = path.join(__dirname, "../..");

test("there is a patch for each planted bug, and no other", () => {
	const patches = readdirSync(__dirname).filter((name) => name.endsWith(".patch"));

	expect(patches.toSorted()).toEqual(bugs.map(patchOf).toSorted());
});

test.each(bugs)("the planted bug “$name” still fits the code, and names tests that are there", (bug) => {
	const changes = readPatch(readFileSync(path.join(__dirname, patchOf(bug)), "utf8"));
	const suite = readFileSync(path.join(ROOT, "tests", bug.suite), "utf8");

	const after = changes.map((change) => patched(readFileSync(path.join(ROOT, change.file), "utf8"), change));

	expect(after.length).toBeGreaterThan(0);
	expect(suite).toContain(bug.tests);
});
