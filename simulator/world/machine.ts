import fs from "node:fs";
import promises from "node:fs/promises";
import os from "node:os";

/** What a program reads and writes at its start. */
const REPLACED = ["readdir", "stat", "mkdir", "access", "realpath"] as const;

/**
 * Files are read at once: threads of the machine that read them would be done at any time, and nobody chose when. What
 * each node of each simulation reads anew stays in memory, and what the machine is busy with is nobody's business.
 */
export function replaceMachine(): void {
	for (const name of REPLACED) {
		const sync = fs[`${name}Sync`] as (...args: unknown[]) => unknown;
		Object.assign(promises, { [name]: async (...args: unknown[]) => sync(...args) });
	}
	const read = new Map<string, string | Buffer>();
	Object.assign(promises, {
		async readFile(file: string, encoding?: BufferEncoding) {
			const key = `${file} ${encoding ?? ""}`;
			const content = read.get(key) ?? fs.readFileSync(file, encoding);
			read.set(key, content);
			return content;
		},
	});
	const cpus = os.cpus();
	os.cpus = () => cpus;
}
