import { execFile } from "node:child_process";
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

test("every plan that failed once holds now", async () => {
	expect(await simulate("--found")).toMatch(/\d+ kept plans: 0 failed/);
});
