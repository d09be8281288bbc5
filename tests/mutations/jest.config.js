const shared = require("../../jest.config.js");

/**
 * What mutants are tried with first: the tests beside them that need no server.
 * @type {import("jest").Config}
 */
module.exports = {
	...shared,
	rootDir: "../..",
	roots: [`<rootDir>/${process.env.MUTATED_FOLDER ?? "mixins"}`],
	testPathIgnorePatterns: [...shared.testPathIgnorePatterns, "\\.int\\.test\\.ts$"],
	globalSetup: undefined,
	globalTeardown: undefined,
	// With a mutant a test may wait for ever. Those that need no server take milliseconds.
	testTimeout: 4_000,
};
