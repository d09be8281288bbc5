import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { demoAdmin, jwtSecret } from "./secrets";
import { readSettings, type Settings } from "./settings";

let folder: string;
let settings: Settings;

beforeEach(async () => {
	folder = await fs.mkdtemp(path.join(os.tmpdir(), "molecart-secrets-"));
	settings = readSettings({ DATA_DIR: path.join(folder, "data") });
});

afterEach(() => fs.rm(folder, { recursive: true }));

test("ten processes that make the secret at the same time all read the same one", async () => {
	const read = await Promise.all(Array.from({ length: 10 }, () => jwtSecret(settings)));

	expect(new Set(read).size).toBe(1);
	expect(Buffer.byteLength(read[0]!)).toBeGreaterThanOrEqual(32);
	expect(await fs.readdir(settings.dataDir)).toEqual(["jwt-secret"]);
});

test("the secret stays what it is from start to start, and another folder has another one", async () => {
	const first = await jwtSecret(settings);
	const elsewhere = readSettings({ DATA_DIR: path.join(folder, "elsewhere") });

	expect(await jwtSecret(settings)).toBe(first);
	expect(await jwtSecret(elsewhere)).not.toBe(first);
});

test("a secret that was given is used, and none is made", async () => {
	const given = "Zm9ydHktdHdvIGlzIHRoZSBhbnN3ZXIgdG8gaXQgYWxs";

	const secret = await jwtSecret(readSettings({ JWT_SECRET: given, DATA_DIR: settings.dataDir }));

	expect(secret).toBe(given);
	await expect(fs.readdir(settings.dataDir)).rejects.toThrow("ENOENT");
});

test("two starts at once agree on the administrator's password", async () => {
	const [one, two] = await Promise.all([demoAdmin(settings), demoAdmin(settings)]);

	expect(two).toEqual(one);
	expect((await fs.readFile(one.file, "utf8")).trim()).toBe(one.password);
	expect(one.password.length).toBeGreaterThanOrEqual(12);
});

test("what is secret can be read by its owner alone", async () => {
	await jwtSecret(settings);
	const { file } = await demoAdmin(settings);

	for (const secret of [file, path.join(settings.dataDir, "jwt-secret")]) {
		expect((await fs.stat(secret)).mode & 0o777).toBe(0o600);
	}
});
