const shared = require("../../jest.config.js");

/**
 * What mutants are tried with first: the tests that need no server, of what is mutated.
 * @type {import("jest").Config}
 */
module.exports = {
	...shared,
	rootDir: "../..",
	roots: ["<rootDir>/mixins", "<rootDir>/services"],
	testPathIgnorePatterns: [...shared.testPathIgnorePatterns, "\\.int\\.test\\.ts$"],
	globalSetup: undefined,
	globalTeardown: undefined,
};
