const { writeFileSync } = require("node:fs");

/** Writes down which test was the first that failed: {"failed": "its name"}. */
module.exports = class SuiteReporter {
	failed;

	onTestCaseResult(_test, { status, fullName }) {
		if (status === "failed") this.failed ??= fullName;
	}

	onTestFileResult(_test, { testExecError }) {
		if (testExecError) this.failed ??= String(testExecError.message).split("\n")[0];
	}

	onRunComplete(_contexts, { numFailedTests, numPassedTests }) {
		if (numFailedTests > 0) this.failed ??= "a test";
		writeFileSync(process.env.SUITE_REPORT, JSON.stringify({ failed: this.failed, passed: numPassedTests }));
	}

	getLastError() {}
};
