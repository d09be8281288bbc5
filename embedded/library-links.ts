import { randomUUID } from "node:crypto";
import { copyFile, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import path from "node:path";

import { isCode } from "./failure";

interface Link {
	/** The library, and the other name that programs ask for; both are paths from the package's folder. */
	readonly source: string;
	readonly target: string;
}

/**
 * npm packages can't hold symbolic links, so the platform package lists those that its libraries need and makes them in an
 * install script. Where install scripts are blocked (npm 12, `--ignore-scripts`) they are missing: without them postgres
 * stops at "libicui18n.so.60: cannot open shared object file". False if they can't be made in this folder.
 */
export async function linkLibraries(native: string): Promise<boolean> {
	const links = await listedLinks(native);
	const missing = await Promise.all(links.map(async ({ target }) => !(await exists(target))));
	try {
		await Promise.all(links.filter((_, index) => missing[index]).map(linkLibrary));
		return true;
	} catch (error) {
		if (isCode(error, "EACCES", "EPERM", "EROFS", "ENOTSUP")) return false;
		throw error;
	}
}

async function listedLinks(native: string): Promise<Link[]> {
	const list = await readFile(path.join(native, "pg-symlinks.json"), "utf8").catch((error: unknown) => {
		// Windows finds its libraries by their own names and lists none.
		if (isCode(error, "ENOENT")) return "[]";
		throw error;
	});
	const whole = (file: string): string => path.join(native, path.relative("native", file));
	return (JSON.parse(list) as Link[]).map(({ source, target }) => ({ source: whole(source), target: whole(target) }));
}

async function exists(file: string): Promise<boolean> {
	return stat(file).then(
		() => true,
		() => false,
	);
}

/** Renamed into place: two starts at once both succeed, and a dangling link is replaced. */
async function linkLibrary({ source, target }: Link): Promise<void> {
	const draft = `${target}.${randomUUID()}`;
	try {
		await symlink(path.basename(source), draft).catch(async (error: unknown) => {
			// A file system without symbolic links: a copy does as well.
			if (!isCode(error, "EPERM", "ENOTSUP", "ENOSYS")) throw error;
			await copyFile(source, draft);
		});
		await rename(draft, target);
	} finally {
		await rm(draft, { force: true });
	}
}
