import { readMigrations } from "../files";
import { migrate } from "../migrate";

/** A process of its own that migrates, so that a test can kill it: `<url> <folder> <schema>`, prints what it applied. */
async function main([url, folder, schema]: readonly string[]): Promise<void> {
	const applied = await migrate(url!, [schema!], await readMigrations(folder!));
	process.stdout.write(JSON.stringify(applied));
}

void main(process.argv.slice(2));
