import { writeFileSync } from "node:fs";
import { beginTest, reachedByLoading, reachedByTests } from "./switches";

/** Which mutants a suite comes by: each of its tests, and what is done before and between them. */
export interface SuiteCoverage {
	tests: Record<string, string[]>;
	loaded: string[];
}

const file = process.env["SUITE_COVERAGE"];

beforeEach(() => beginTest(expect.getState().currentTestName));
afterEach(() => beginTest(undefined));

afterAll(() => {
	const coverage: SuiteCoverage = { tests: reachedByTests(), loaded: reachedByLoading() };
	if (file) writeFileSync(file, JSON.stringify(coverage));
});
