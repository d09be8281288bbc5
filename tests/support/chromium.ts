import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { isWebBuilt } from "../../node/web";

/** Debian's, Ubuntu's and others' names for it. TEST_CHROMIUM names one elsewhere. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

const BUILD_MS_MAX = 180_000;

/** What the web shop is tested in. */
export type Chromium = { path: string } | { unusable: string };

export function realChromium(): Chromium {
	const named = process.env["TEST_CHROMIUM"];
	const found = (named === undefined ? PLACES : [named]).find((file) => fs.existsSync(file));
	if (found === undefined) return { unusable: `no Chromium at ${named ?? PLACES[0]}` };
	return { path: found };
}

/** The shop's pages as their sources say. @throws when they can't be built */
export function buildWebShop(): void {
	if (isWebBuilt()) return;
	const program = path.join(__dirname, "../../node/web.js");
	const { status, stderr } = spawnSync(process.execPath, [program], { encoding: "utf8", timeout: BUILD_MS_MAX });
	if (status !== 0) throw new Error(`The web shop can't be built for the tests: ${stderr}`);
}
