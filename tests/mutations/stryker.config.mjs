import { readFileSync } from "node:fs";

const folders = JSON.parse(readFileSync(new URL("folders.json", import.meta.url), "utf8"));
/** One folder at a time, which tests/mutations/run.ts names. */
const folder = process.env.MUTATED_FOLDER ?? "mixins/saga";
/** Also where run.ts looks for what comes of it. */
const kept = `.mutations/${folder}`;

/**
 * Mutates a folder's files, and tries each mutant with the unit tests; tests/mutations/run.ts goes on from there with the
 * simulator.
 * @type {import("@stryker-mutator/api/core").PartialStrykerOptions}
 */
export default {
	mutate: [...folders[folder].files, "!**/*.test.ts"],
	mutator: {
		excludedMutations: [
			// Most texts here are SQL and sentences: an emptied statement fails at its first use, whatever the tests are.
			"StringLiteral",
		],
	},
	plugins: ["@stryker-mutator/jest-runner"],
	testRunner: "jest",
	// Of the tests beside a mutant those that import its file, in whatever way.
	jest: { configFile: "tests/mutations/jest.config.js", enableFindRelatedTests: true },
	coverageAnalysis: "perTest",
	// Some folders have no unit test at all.
	allowEmpty: true,
	// One test at a time beside whatever else this machine does.
	concurrency: 1,
	timeoutMS: 10_000,
	incremental: true,
	incrementalFile: `${kept}/incremental.json`,
	// The simulator runs what lies there: all mutants in the code at once, each behind a switch.
	tempDirName: `${kept}/tree`,
	cleanTempDir: false,
	ignorePatterns: [".data", "dist", ".mutations", "public/dist"],
	disableTypeChecks: "{mixins,services}/**/*.ts",
	// TypeScript 7 has not the functions that Stryker would rewrite a tsconfig with, and nothing here reads one.
	tsconfigFile: "none",
	reporters: ["json", "clear-text", "progress-append-only"],
	clearTextReporter: { logTests: false, reportTests: false, reportMutants: false, allowColor: false },
	jsonReporter: { fileName: `${kept}/units.json` },
	allowConsoleColors: false,
};
