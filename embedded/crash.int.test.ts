import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";

import { startEmbeddedPostgres } from "./postgres";
import { eventually, query, serverPid, startMolecartProcess, temporaryFolder } from "./testing/given";
import { isRunning, isServerOn } from "./life";

test("after a kill -9 of Molecart, the next start has every committed row", async () => {
	await using folder = await temporaryFolder();
	await using killed = startMolecartProcess({ dataDir: folder.path });
	const { url } = await killed.says();
	await query(url!, "CREATE TABLE notes (n int); INSERT INTO notes SELECT generate_series(1, 1000)");

	await killed.kill("SIGKILL");
	const next = await startEmbeddedPostgres({ dataDir: folder.path });
	const rows = await query(next.url, "SELECT count(*)::int AS count FROM notes");
	await next.stop();

	expect(rows).toEqual([{ count: 1000 }]);
});

test("a server that outlives its Molecart is stopped by the next start", async () => {
	await using folder = await temporaryFolder();
	await using killed = startMolecartProcess({ dataDir: folder.path });
	const { url } = await killed.says();
	const orphan = await serverPid(folder.path);
	await query(url!, "CREATE TABLE notes AS SELECT 1 AS n");
	// A stopped server can't obey the kernel's message that its Molecart died, so it lives on as it would without one.
	process.kill(orphan, "SIGSTOP");
	await killed.kill("SIGKILL");
	expect(await isServerOn(orphan, path.join(folder.path, "pg18"))).toBe(true);

	const starting = startEmbeddedPostgres({ dataDir: folder.path });
	process.kill(orphan, "SIGCONT");
	const next = await starting;
	const rows = await query(next.url, "SELECT n FROM notes");
	await next.stop();

	expect(await isServerOn(orphan, path.join(folder.path, "pg18"))).toBe(false);
	expect(rows).toEqual([{ n: 1 }]);
});

test("a second Molecart on the same data is refused, and the first goes on", async () => {
	await using folder = await temporaryFolder();
	await using first = startMolecartProcess({ dataDir: folder.path });
	const { url } = await first.says();

	await using second = startMolecartProcess({ dataDir: folder.path });
	const { refusal } = await second.says();

	expect(refusal).toMatch(`Another Molecart (process ${first.pid} on `);
	expect(refusal).toMatch(
		`is running on the data in ${folder.path}. Stop it first, or give this one a DATA_DIR of its own.`,
	);
	expect(await query(url!, "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("of several first starts at once exactly one wins, and the others name it", async () => {
	await using folder = await temporaryFolder();
	await using one = startMolecartProcess({ dataDir: folder.path });
	await using two = startMolecartProcess({ dataDir: folder.path });
	await using three = startMolecartProcess({ dataDir: folder.path });

	const all = [one, two, three];
	const said = await Promise.all(all.map((it) => it.says()));
	const winners = said.filter(({ url }) => url != null);
	const refusals = said.flatMap(({ refusal }) => refusal ?? []);
	const winner = all[said.findIndex(({ url }) => url != null)]!;

	expect(winners).toHaveLength(1);
	expect(refusals).toHaveLength(2);
	for (const refusal of refusals) expect(refusal).toMatch(`Another Molecart (process ${winner.pid} on `);
	expect(await query(winners[0]!.url!, "SELECT current_database() AS name")).toEqual([{ name: "molecart" }]);
});

test("starts that race for a dead owner's data have one winner too", async () => {
	await using folder = await temporaryFolder();
	await using dead = startMolecartProcess({ dataDir: folder.path });
	await dead.says();
	await dead.kill("SIGKILL");

	const starts = await Promise.allSettled([1, 2, 3, 4].map(() => startEmbeddedPostgres({ dataDir: folder.path })));
	const winners = starts.flatMap((start) => (start.status === "fulfilled" ? start.value : []));
	await Promise.all(winners.map((winner) => winner.stop()));

	expect(winners).toHaveLength(1);
});

test("a first start that is killed in the middle leaves nothing that the next one takes for a database", async () => {
	await using folder = await temporaryFolder();
	await using killed = startMolecartProcess({ dataDir: folder.path });
	// The draft has its base directory when initdb is in the middle of its work.
	await eventually(async () => {
		const draft = (await readdir(folder.path)).find((name) => name.startsWith("pg18.draft-"));
		return draft != null && existsSync(path.join(folder.path, draft, "data", "base"));
	});
	await killed.kill("SIGKILL");
	expect(await readdir(folder.path)).not.toContain("pg18");

	const next = await startEmbeddedPostgres({ dataDir: folder.path });
	const leftOvers = (await readdir(folder.path)).filter((name) => name.includes("draft"));
	await next.stop();

	expect(next.firstStart).toBe(true);
	expect(leftOvers).toEqual([]);
});

test("a stale postmaster.pid whose number another process has by now is no obstacle", async () => {
	await using folder = await temporaryFolder();
	const first = await startEmbeddedPostgres({ dataDir: folder.path });
	const pidFile = path.join(folder.path, "pg18", "postmaster.pid");
	await copyFile(pidFile, path.join(folder.path, "kept.pid"));
	const accountOfServer = await ownerOf(pidFile);
	await first.stop();
	const stranger = spawn("sleep", ["60"], accountOfServer);
	await once(stranger, "spawn");
	const lines = (await readFile(path.join(folder.path, "kept.pid"), "utf8")).split("\n");
	await writeFile(pidFile, [stranger.pid, ...lines.slice(1)].join("\n"));

	const second = await startEmbeddedPostgres({ dataDir: folder.path });
	await second.stop();

	expect(isRunning(stranger.pid!)).toBe(true);
	stranger.kill();
	await once(stranger, "exit");
});

test("a server that is killed says so, and the next start recovers at once", async () => {
	await using folder = await temporaryFolder();
	const first = await startEmbeddedPostgres({ dataDir: folder.path });
	await query(first.url, "CREATE TABLE notes AS SELECT 1 AS n");

	process.kill(await serverPid(folder.path), "SIGKILL");
	const reason = await first.exited;
	await first.stop();
	const second = await startEmbeddedPostgres({ dataDir: folder.path });
	const rows = await query(second.url, "SELECT n FROM notes");
	await second.stop();

	expect(reason).toMatch(/^PostgreSQL ended by itself \(signal SIGKILL\); its log is .*postgres\.log$/);
	expect(rows).toEqual([{ n: 1 }]);
});

test("a Molecart that dies takes its server along", async () => {
	await using folder = await temporaryFolder();
	await using dying = startMolecartProcess({ dataDir: folder.path });
	await dying.says();
	const server = await serverPid(folder.path);

	await dying.kill(process.platform === "linux" ? "SIGKILL" : "SIGTERM");

	const isGone = async (): Promise<boolean> => !(await isServerOn(server, path.join(folder.path, "pg18")));
	await expect(eventually(isGone)).resolves.toBeUndefined();
});

async function ownerOf(file: string): Promise<{ uid: number; gid: number }> {
	const { uid, gid } = await stat(file);
	return { uid, gid };
}
