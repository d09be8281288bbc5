const { availableParallelism } = require("node:os");

/**
 * `*.test.ts` needs nothing; `*.int.test.ts` uses the servers that tests/support/global-setup.ts finds or starts.
 * @type {import("jest").Config}
 */
module.exports = {
	testEnvironment: "node",
	roots: [
		"<rootDir>/services",
		"<rootDir>/mixins",
		"<rootDir>/node",
		"<rootDir>/migrations",
		"<rootDir>/embedded",
		"<rootDir>/examples",
		"<rootDir>/tests",
	],
	testMatch: ["**/*.test.ts"],
	testPathIgnorePatterns: ["/node_modules/", "/dist/"],
	modulePathIgnorePatterns: ["<rootDir>/dist/", "<rootDir>/.data/"],
	transform: {
		"^.+\\.ts$": [
			"@swc/jest",
			{
				// es2022 has no `await using`, so it is compiled; Node 20 could not parse it.
				jsc: { target: "es2022", parser: { syntax: "typescript" } },
				module: { type: "commonjs", ignoreDynamic: true },
				sourceMaps: "inline",
			},
		],
	},
	globalSetup: "<rootDir>/tests/support/global-setup.ts",
	globalTeardown: "<rootDir>/tests/support/global-teardown.ts",
	// Waiting for servers, not computing: one worker per core although Jest would keep a core for itself.
	maxWorkers: Math.max(2, availableParallelism() - 1),
	// Only a test that hangs waits for it; two workers and all the processes that they start share the cores.
	testTimeout: 180_000,
};
