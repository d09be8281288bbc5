import { startEmbeddedPostgres } from "../postgres";
import { platformPackage } from "../platform-package";
import { thisMachine } from "../surroundings";
import type { ProcessOptions } from "./given";

/*
 * A process that owns an embedded database, for tests to kill: what a Molecart is, as far as its database can tell.
 * It prints one line of JSON when it has started or was refused, ends its database when its input closes, and knows a
 * database that ended by itself.
 */
const { dataDir, native } = JSON.parse(process.argv[2]!) as ProcessOptions;
const surroundings = native
	? { ...thisMachine, shipped: () => ({ native, version: platformPackage().version }) }
	: thisMachine;
const lines: string[] = [];

startEmbeddedPostgres({ dataDir, log: (line) => lines.push(line) }, surroundings).then(
	(postgres) => {
		say({ url: postgres.url, firstStart: postgres.firstStart, lines });
		process.stdin.resume().once("end", () => void postgres.stop().then(() => process.exit(0)));
		void postgres.exited.then((reason) => say({ reason }));
	},
	(error: Error) => {
		say({ refusal: error.message, lines });
		process.exit(1);
	},
);

function say(message: object): void {
	process.stdout.write(`${JSON.stringify(message)}\n`);
}
