"use strict";
const fs = require("node:fs");
const path = require("node:path");

/** Milliseconds since 1970 of the newest file, or folder, which a removal makes new; 0 where there is none. */
function newest(file) {
	const stat = fs.statSync(file, { throwIfNoEntry: false });
	if (!stat) return 0;
	if (!stat.isDirectory()) return stat.mtimeMs;
	return Math.max(stat.mtimeMs, ...fs.readdirSync(file).map((name) => newest(path.join(file, name))));
}

module.exports = { newest };
