import { readdir } from "node:fs/promises";
import path from "node:path";

import { chooseAccount } from "./account";
import { runnableBinaries } from "./binaries";
import { createCluster, localesByPreference } from "./cluster";
import { choosePlace } from "./place";
import { ownPassword } from "./password";
import { startEmbeddedPostgres } from "./postgres";
import { platformPackage } from "./platform-package";
import { thisMachine } from "./surroundings";
import { query, temporaryFolder } from "./testing/given";

const log = (): void => undefined;

test("a system without C.UTF-8 has case and similarity beyond ASCII all the same", async () => {
	await using folder = await temporaryFolder();
	const account = await chooseAccount(folder.path);
	const place = await choosePlace(folder.path, { account, surroundings: thisMachine, log });
	const binaries = await runnableBinaries(platformPackage(), { account, copyTo: [], log });
	const { value: password } = await ownPassword(folder.path);
	const missing = ["--locale=xx_XX.UTF-8"];

	await createCluster(place, { binaries, account, password, locales: [missing, ...localesByPreference.slice(1)] });
	const postgres = await startEmbeddedPostgres({ dataDir: folder.path });
	const answer = await query(
		postgres.url,
		"CREATE EXTENSION pg_trgm; SELECT lower('ÉCLAIR') AS lower, similarity('Éclair', 'éclairs') > 0.5 AS similar",
	);
	await postgres.stop();

	expect(answer).toEqual([{ lower: "éclair", similar: true }]);
});

test("an initdb that fails leaves its reason and nothing else", async () => {
	await using folder = await temporaryFolder();
	const account = await chooseAccount(folder.path);
	const place = await choosePlace(folder.path, { account, surroundings: thisMachine, log });
	const binaries = await runnableBinaries(platformPackage(), { account, copyTo: [], log });

	const making = createCluster(place, { binaries, account, password: "x", locales: [["--locale=xx_XX.UTF-8"]] });

	await expect(making).rejects.toThrow(`initdb could not make a database in ${path.join(folder.path, "pg18")}`);
	await expect(making).rejects.toThrow("xx_XX.UTF-8");
	expect(await readdir(folder.path)).toEqual([]);
});
