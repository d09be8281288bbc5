import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { reset } from "../support/reset";

/** A wire to PostgreSQL that may break at the worst moment. */
export interface CommitCutter extends AsyncDisposable {
	/** Takes the server's place. */
	readonly url: string;
	/** From now on cuts this share of the connections that commit: after the server did, before its answer arrives. */
	cut(share: number): void;
	/** How many were cut so far. */
	cuts(): number;
}

/** What node-postgres sends for `COMMIT`: a simple query, with its length. */
const COMMIT = Buffer.from("Q\0\0\0\u000bCOMMIT\0", "latin1");

export async function commitCutter(url: string, random: () => number): Promise<CommitCutter> {
	const target = new URL(url);
	const ends = new Set<Socket>();
	let share = 0;
	let cuts = 0;

	const server = createServer((near) => {
		const far = connect(Number(target.port || 5432), target.hostname);
		let isDoomed = false;
		for (const end of [near, far]) {
			ends.add(end);
			end.setNoDelay(true);
			end.on("error", () => undefined);
			end.on("close", () => {
				ends.delete(end);
				near.destroy();
				far.destroy();
			});
		}
		near.on("data", (bytes) => {
			isDoomed ||= bytes.includes(COMMIT) && random() < share;
			far.write(bytes);
		});
		far.on("data", (bytes) => {
			if (!isDoomed) return void near.write(bytes);
			// The answer to the COMMIT: so it has happened, and nobody is told.
			cuts++;
			reset(near);
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const proxied = new URL(url);
	proxied.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

	return {
		url: proxied.href,
		cut: (wanted) => void (share = wanted),
		cuts: () => cuts,
		async [Symbol.asyncDispose]() {
			for (const end of ends) end.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
