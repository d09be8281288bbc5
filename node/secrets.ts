import { randomBytes } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import type { Settings } from "./settings";

/** The administrator of a development start, and where the password can be read. */
export interface DemoAdmin {
	email: string;
	password: string;
	/** Readable by its owner alone. */
	file: string;
}

/** The secret that signs access tokens: given, or made once for the data folder. */
export async function jwtSecret(settings: Settings): Promise<string> {
	return (
		settings.jwtSecret ?? keep(path.join(settings.dataDir, "jwt-secret"), () => randomBytes(48).toString("base64url"))
	);
}

/** For a development start without ADMIN_EMAIL. */
export async function demoAdmin(settings: Settings): Promise<DemoAdmin> {
	const email = "admin@molecart.example";
	const file = path.join(settings.dataDir, "admin-password");
	return { email, password: await keep(file, () => randomBytes(12).toString("base64url")), file };
}

/** Of two processes that make the file at once, both read what the first one wrote. */
async function keep(file: string, make: () => string): Promise<string> {
	await fs.mkdir(path.dirname(file), { recursive: true });
	const draft = `${file}.${randomBytes(6).toString("hex")}`;
	await fs.writeFile(draft, `${make()}\n`, { mode: 0o600 });
	try {
		await fs.link(draft, file);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		await fs.rm(draft);
	}
	return (await fs.readFile(file, "utf8")).trim();
}
