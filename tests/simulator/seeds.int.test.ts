import { execFile, spawn } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const ROOT = path.join(__dirname, "../..");
const RUN_MS_MAX = 300_000;

jest.setTimeout(2 * RUN_MS_MAX);

/** @returns what it printed. @throws where a seed fails */
async function simulate(...args: string[]): Promise<string> {
	const command = ["--import", "tsx", "simulator/run.ts", "--workers", "1", ...args];
	const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: ROOT, timeout: RUN_MS_MAX });
	return stdout;
}

/** Keeps a core busy until it is stopped. */
function busyLoop(): Disposable {
	const loop = spawn(process.execPath, ["-e", "for (;;);"]);
	return { [Symbol.dispose]: () => void loop.kill("SIGKILL") };
}

test("every plan that failed once holds now", async () => {
	expect(await simulate("--found")).toMatch(/\d+ kept plans: 0 failed/);
});

/** What the program is made of, in a folder of its own, with the packages of this tree. */
async function copyOfProgram(): Promise<string> {
	const folder = await fs.mkdtemp(path.join(os.tmpdir(), "molecart-other-version-"));
	for (const each of ["package.json", "moleculer.config.ts", "node", "services", "mixins", "migrations", "embedded"])
		await fs.cp(path.join(ROOT, each), path.join(folder, each), { recursive: true });
	await fs.symlink(path.join(ROOT, "node_modules"), path.join(folder, "node_modules"));
	return folder;
}

test("half of the nodes may run another version of the program, which is then the one that runs", async () => {
	const other = await copyOfProgram();
	expect(await simulate("--seed", "70", "--beside", other)).toMatch(/1 seeds from 70 on: 0 failed/);

	await fs.writeFile(
		path.join(other, "node/node.ts"),
		"export const startNode = () => Promise.reject(new Error('the other one'));",
	);
	await expect(simulate("--seed", "70", "--no-shrink", "--beside", other)).rejects.toMatchObject({
		stdout: expect.stringContaining("did not start: Error: the other one"),
	});
	await fs.rm(other, { recursive: true });
});

test("a seed goes as it went before, in a fresh process as after others, and on a busy machine as well", async () => {
	const folder = await fs.mkdtemp(path.join(os.tmpdir(), "molecart-seeds-"));
	const [warm, fresh, schedule] = ["warm", "fresh", "schedule"].map((name) => path.join(folder, name)) as [
		string,
		string,
		string,
	];

	await simulate("--seeds", "3", "--from", "43", "--hashes", warm);
	using _ = busyLoop();
	await simulate("--seed", "45", "--hashes", fresh, "--schedule", schedule);

	const [, , third] = (await fs.readFile(warm, "utf8")).split("\n");
	expect(third).toMatch(/^45 [0-9a-f]{8} \d+$/);
	expect(await fs.readFile(fresh, "utf8")).toBe(`${third}\n`);
	// What is a transaction by itself is done at one moment there, and committed at a later one.
	expect(await fs.readFile(schedule, "utf8")).toMatch(/\d+ postgres ends #\d+ \w+\.outbox\.\w+ alone: COMMIT\n/);
	await fs.rm(folder, { recursive: true });
});
