/**
 * `npm run mutations` mutates these files, and tries each mutant with the unit tests; tests/mutations/run.ts goes on from
 * there with the simulator.
 * @type {import("@stryker-mutator/api/core").PartialStrykerOptions}
 */
export default {
	mutate: [
		"mixins/{saga,outbox,inbox,idempotency}/*.ts",
		"mixins/events/*.ts",
		"mixins/events/rabbitmq/{consumer,acknowledgements,batch,settle,slots,dead-letter}.ts",
		"services/{payments,orders}/**/*.ts",
		"services/products/reserve.ts",
		"!**/*.test.ts",
	],
	mutator: {
		excludedMutations: [
			// Most texts here are SQL and sentences: an emptied statement fails at its first use, whatever the tests are.
			"StringLiteral",
		],
	},
	plugins: ["@stryker-mutator/jest-runner"],
	testRunner: "jest",
	jest: { configFile: "tests/mutations/jest.config.js" },
	coverageAnalysis: "perTest",
	// A mutant of what a module makes when it is loaded would need every test, and the simulator loads it anew.
	ignoreStatic: true,
	// One test at a time beside whatever else this machine does.
	concurrency: 1,
	timeoutMS: 10_000,
	incremental: true,
	incrementalFile: ".mutations/incremental.json",
	// The simulator runs what lies there: all mutants in the code at once, each behind a switch.
	tempDirName: ".mutations/stryker",
	cleanTempDir: false,
	ignorePatterns: [".data", "dist", ".mutations", "public/dist"],
	disableTypeChecks: "{mixins,services}/**/*.ts",
	reporters: ["json", "clear-text"],
	clearTextReporter: { logTests: false, reportMutants: false, allowColor: false },
	jsonReporter: { fileName: ".mutations/units.json" },
	// TypeScript 7 has not the functions that Stryker would rewrite a tsconfig with, and nothing here reads one.
	tsconfigFile: "none",
	allowConsoleColors: false,
};
