import { readSettings, type Settings } from "./settings";

/** Runs a command that does one thing and stops; what it returns is printed, what it throws is one sentence. */
export function runCommand(work: (settings: Settings) => Promise<string>): void {
	Promise.resolve()
		.then(() => work(readSettings(process.env)))
		.then(
			(said) => process.stdout.write(`${said}\n`),
			(error: unknown) => {
				process.stderr.write(`${(error as Error).message}\n`);
				process.exitCode = 1;
			},
		);
}
