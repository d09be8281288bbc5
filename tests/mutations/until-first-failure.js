const NodeEnvironment = require("jest-environment-node").TestEnvironment;

/** Leaves out what comes after the first test that fails: the mutant is killed. What a suite has to clear away it does. */
module.exports = class UntilFirstFailure extends NodeEnvironment {
	hasFailed = false;

	handleTestEvent({ name, test }) {
		if (name === "test_fn_failure" || name === "hook_failure") this.hasFailed = true;
		if (name === "test_start" && this.hasFailed) test.mode = "skip";
	}
};
