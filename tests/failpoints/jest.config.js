const path = require("node:path");

/** The suites that take longer than a test may: `npm run failpoints` and `npm run failpoints:kill`. */
module.exports = {
	...require("../../jest.config.js"),
	rootDir: path.join(__dirname, "../.."),
	roots: ["<rootDir>/tests/failpoints"],
	testMatch: ["**/*.suite.ts"],
	testTimeout: 2 * 60 * 60 * 1_000,
};
