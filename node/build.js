"use strict";
// Compiles the shop to dist/, the web shop included, and marks it: run.js starts from there as long as no source is
// newer than the mark.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { buildWeb } = require("./web.js");

for (const needed of ["typescript", "vite"]) {
	try {
		require.resolve(`${needed}/package.json`);
	} catch {
		process.stderr.write(`npm run build needs ${needed}, which is not installed (--omit=dev): npm ci brings it.\n`);
		process.exit(1);
	}
}

const root = path.join(__dirname, "..");
const dist = path.join(root, "dist");
const mark = path.join(dist, "built");
const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");

const began = new Date();
fs.rmSync(dist, { recursive: true, force: true });
const { status, error } = spawnSync(process.execPath, [tsc, "-p", path.join(root, "tsconfig.build.json")], {
	stdio: "inherit",
});
if (error) throw error;
process.exitCode = status ?? 1;
if (status === 0) {
	buildWeb().then(
		() => {
			// As old as the beginning: what was saved while the compiler ran may not be in it.
			fs.writeFileSync(mark, "");
			fs.utimesSync(mark, began, began);
		},
		(failure) => {
			process.stderr.write(`${failure.stack}\n`);
			process.exitCode = 1;
		},
	);
}
