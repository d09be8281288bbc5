import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, symlinkSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Plan } from "./shop/plan";

const ROOT = path.join(__dirname, "..");
const ARCHIVE_BYTES_MAX = 500 * 1024 * 1024;

/** Another version of the program. */
export interface Revision extends AsyncDisposable {
	readonly folder: string;
}

/** @param which a folder, whose `node_modules` is a link to those of this tree; or else what Git knows as that */
export function openRevision(which: string): Revision {
	if (existsSync(path.join(which, "package.json"))) {
		return { folder: path.resolve(which), [Symbol.asyncDispose]: () => Promise.resolve() };
	}
	const folder = mkdtempSync(path.join(tmpdir(), "molecart-revision-"));
	const archive = execFileSync("git", ["archive", which], { cwd: ROOT, maxBuffer: ARCHIVE_BYTES_MAX });
	execFileSync("tar", ["-x", "-C", folder], { input: archive });
	symlinkSync(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
	return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

/** Every other node runs the other version, as in the middle of a rollout; the first one with every other seed. */
export function halfRolledOut(plan: Plan): Plan {
	const isOther = (at: number): boolean => (at + plan.seed) % 2 === 1;
	return { ...plan, nodes: plan.nodes.map((node, at) => ({ ...node, isOther: isOther(at) })) };
}
