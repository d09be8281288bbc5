import { copyFile, open, rename } from "node:fs/promises";

import { isCode } from "./failure";

/** The log and one before it: 2 × 4 MB at the most, but for what is written between two looks. */
const bytesMax = 4 * 1024 * 1024;
const lookEveryMs = 5_000;
const tailBytes = 8 * 1024;
const tailLines = 12;

export interface ServerLog {
	/** For the server to write to directly: what it says when we are gone is kept too. */
	readonly fd: number;
	readonly path: string;
	/** From here on speaks another server. */
	mark(): Promise<void>;
	/** The last lines since the mark, for an error. */
	tail(): Promise<string>;
	close(): Promise<void>;
}

/** Each start has a log of its own; the one before is kept beside it. */
export async function openServerLog(path: string): Promise<ServerLog> {
	await rename(path, `${path}.1`).catch((error: unknown) => {
		if (!isCode(error, "ENOENT")) throw error;
	});
	const file = await open(path, "a+", 0o600);
	// The server appends, so it goes on at the start of a file that was emptied under it.
	const shorten = async (): Promise<void> => {
		if ((await file.stat()).size < bytesMax) return;
		await copyFile(path, `${path}.1`);
		await file.truncate(0);
	};
	const look = setInterval(() => {
		// A full disk, or a data directory that was removed: the database has worse to say about it than we do.
		shorten().catch(() => undefined);
	}, lookEveryMs).unref();
	let marked = 0;
	return {
		fd: file.fd,
		path,
		async mark() {
			marked = (await file.stat()).size;
		},
		async tail() {
			const { size } = await file.stat();
			const from = Math.max(size > marked ? marked : 0, size - tailBytes);
			const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, from);
			return buffer.toString("utf8", 0, bytesRead).trim().split("\n").slice(-tailLines).join("\n");
		},
		async close() {
			clearInterval(look);
			await file.close();
		},
	};
}
