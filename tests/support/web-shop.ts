import { spawnSync } from "node:child_process";
import path from "node:path";
import { isWebBuilt } from "../../node/web";

const BUILD_MS_MAX = 180_000;

/** The shop's pages as their sources say: what a node serves at `/`. @throws when they can't be built */
export function buildWebShop(): void {
	if (isWebBuilt()) return;
	const program = path.join(__dirname, "../../node/web.js");
	const { status, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: BUILD_MS_MAX });
	if (status !== 0) throw new Error(`The web shop can't be built for the tests: ${stderr}`);
}
