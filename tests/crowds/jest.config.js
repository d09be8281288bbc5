const shared = require("../../jest.config.js");

process.env.TEST_LONG = "1";

/**
 * `npm run crowds`: the suites of this folder at their full length, one after the other, for they need the machine.
 * @type {import("jest").Config}
 */
module.exports = { ...shared, rootDir: "../..", roots: ["<rootDir>/tests/crowds"], maxWorkers: 1 };
