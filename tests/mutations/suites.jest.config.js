const shared = require("../../jest.config.js");

/**
 * What mutants are tried with last: suites that use servers, of the tree that has all mutants in it.
 * @type {import("jest").Config}
 */
module.exports = {
	...shared,
	rootDir: process.env.MUTATED_TREE,
	setupFiles: [`${__dirname}/suite-switches.ts`],
	setupFilesAfterEnv: [`${__dirname}/suite-coverage.ts`],
	// Once for all of them: suites.ts.
	globalSetup: undefined,
	globalTeardown: undefined,
	testEnvironment: `${__dirname}/until-first-failure.js`,
	reporters: [`${__dirname}/suite-reporter.js`],
	// With a mutant a test may wait for ever.
	testTimeout: 40_000,
};
