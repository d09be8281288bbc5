import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { bugs, patchOf } from "./bugs";
import { mends } from "./mends";
import { patched, readPatch } from "./patch";
import { unsimulated } from "./unsimulated";

const ROOT = path.join(__dirname, "../..");

const all = [...bugs, ...mends];

test("there is a patch for each planted bug, and no other", () => {
	const patches = readdirSync(__dirname).filter((name) => name.endsWith(".patch"));

	expect(patches.toSorted()).toEqual(all.map(patchOf).toSorted());
});

test("what the simulator does not look for is one of them, and has a reason", () => {
	const names = all.map(({ name }) => name);

	expect(names).toEqual(expect.arrayContaining(Object.keys(unsimulated)));
	expect(Object.values(unsimulated)).not.toContain("");
});

test.each(all)("the planted bug “$name” still fits the code", (bug) => {
	const changes = readPatch(readFileSync(path.join(__dirname, patchOf(bug)), "utf8"));

	const after = changes.map((change) => patched(readFileSync(path.join(ROOT, change.file), "utf8"), change));

	expect(after.length).toBeGreaterThan(0);
});

test.each(bugs)("the planted bug “$name” names tests that are there", (bug) => {
	const suite = readFileSync(path.join(ROOT, "tests", bug.suite), "utf8");

	expect(suite).toContain(bug.tests);
});
