import fs from "node:fs";

/** Debian's, Ubuntu's and others' names for it. TEST_CHROMIUM names one elsewhere. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** What the web shop is tested in. */
export type Chromium = { path: string } | { unusable: string };

export function realChromium(): Chromium {
	const named = process.env["TEST_CHROMIUM"];
	const found = (named === undefined ? PLACES : [named]).find((file) => fs.existsSync(file));
	if (found === undefined) return { unusable: `no Chromium at ${named ?? PLACES[0]}` };
	return { path: found };
}
