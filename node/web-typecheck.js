"use strict";
// Checks the types of the web shop, its .vue files included. vue-tsc works inside a compiler written in JavaScript,
// which TypeScript 7 no longer is: it gets TypeScript 5.9, which is here for nothing else.
const path = require("node:path");
const { run } = require("vue-tsc");

process.argv.push("--noEmit", "-p", path.join(__dirname, "../public/tsconfig.json"));
run(require.resolve("typescript-for-vue/lib/tsc"));
