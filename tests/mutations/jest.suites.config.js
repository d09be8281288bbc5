const shared = require("../../jest.config.js");
const folders = require("./folders.json");

/**
 * What is left is tried with: the suites of a folder that use servers.
 * @type {import("jest").Config}
 */
module.exports = {
	...shared,
	rootDir: "../..",
	testMatch: folders[process.env.MUTATED_FOLDER ?? "mixins/saga"].suites.map((suite) => `<rootDir>/${suite}`),
	maxWorkers: 1,
	// With a mutant a test may wait for ever.
	testTimeout: 60_000,
};
