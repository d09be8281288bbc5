import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { patched, readPatch } from "./patch";

export const ROOT = path.join(__dirname, "../..");

/** All files of this tree but what Git ignores, with its packages. @returns the copy's folder, which its user removes */
export function copyOfTree(): string {
	const copy = mkdtempSync(path.join(tmpdir(), "molecart-planted-bug-"));
	const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT, encoding: "utf8" });
	for (const file of files.split("\0").filter(Boolean)) cpSync(path.join(ROOT, file), path.join(copy, file));
	symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
	return copy;
}

/** @param patch a file's name in this folder. @throws where it does not fit */
export function plant(patch: string, copy: string): void {
	for (const change of readPatch(readFileSync(path.join(__dirname, patch), "utf8"))) {
		const file = path.join(copy, change.file);
		writeFileSync(file, patched(readFileSync(file, "utf8"), change));
	}
}
