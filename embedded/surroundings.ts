import { tmpdir } from "node:os";
import path from "node:path";

import { type PlatformPackage, platformPackage } from "./platform-package";

/** What differs from one operating system to the next; an argument, so that a test can be another machine. */
export interface Surroundings {
	/** PostgreSQL as npm brought it. Throws a sentence where there is none. */
	readonly shipped: () => PlatformPackage;
	/**
	 * A path that means "my working directory" to every process. Through it PostgreSQL reaches data below a directory that
	 * its account may not enter: we enter for it, before the account changes. Linux alone has one.
	 */
	readonly workingDirectory: string | undefined;
	/** Where root puts what another account must read, if it can't be reached where it is. Survives a reboot. */
	readonly sharedFolder: string;
	/** The same for what can be made again, when even that folder is read-only. */
	readonly temporaryFolder: string;
}

export const thisMachine: Surroundings = {
	shipped: platformPackage,
	workingDirectory: process.platform === "linux" ? "/proc/self/cwd" : undefined,
	sharedFolder: process.platform === "darwin" ? "/Library/Application Support/Molecart" : "/var/lib/molecart",
	temporaryFolder: path.join(tmpdir(), `molecart-${process.getuid?.() ?? "user"}`),
};
