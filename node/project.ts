import fs from "node:fs";
import path from "node:path";

/** The project's folder, found upwards from this file: the same from the sources and from `dist/`. */
export const projectRoot: string = findUpwards(__dirname);

function findUpwards(folder: string): string {
	if (path.basename(folder) !== "dist" && fs.existsSync(path.join(folder, "package.json"))) return folder;
	const parent = path.dirname(folder);
	if (parent === folder) throw new Error("package.json was not found above the program");
	return findUpwards(parent);
}

/** The release that this program is, as package.json says. */
export const release: string = (
	JSON.parse(fs.readFileSync(path.join(projectRoot, "package.json"), "utf8")) as { version: string }
).version;
