"use strict";
// Runs one of the shop's commands: from dist/ where the build is as new as the sources, else the sources through tsx.
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const SOURCES = [
	"services",
	"mixins",
	"migrations",
	"node",
	"embedded",
	"moleculer.config.ts",
	"tsconfig.json",
	"tsconfig.build.json",
];

/** Milliseconds since 1970 of the newest file, or folder, which a removal makes new; 0 where there is none. */
function newest(file) {
	const stat = fs.statSync(file, { throwIfNoEntry: false });
	if (!stat) return 0;
	if (!stat.isDirectory()) return stat.mtimeMs;
	return Math.max(stat.mtimeMs, ...fs.readdirSync(file).map((name) => newest(path.join(file, name))));
}

function isBuilt() {
	const built = fs.statSync(path.join(root, "dist", "built"), { throwIfNoEntry: false });
	return built !== undefined && SOURCES.every((source) => newest(path.join(root, source)) <= built.mtimeMs);
}

const [command, ...rest] = process.argv.slice(2);
const watches = rest.includes("--watch");
const args = rest.filter((arg) => arg !== "--watch");
const program =
	isBuilt() && !watches
		? [path.join(root, "dist/node", `${command}.js`)]
		: ["--import", "tsx", path.join(root, "node", `${command}.ts`)];
const child = spawn(
	process.execPath,
	[...(watches ? ["--watch", "--watch-preserve-output"] : []), "--enable-source-maps", ...program, ...args],
	{ stdio: "inherit", cwd: process.cwd() },
);

// The signal is for the shop; this process only waits for how it ends.
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
// npm tells its shell to end, and not every shell tells us (dash doesn't): then its death is the signal.
if (process.env["npm_lifecycle_event"]) {
	const shell = process.ppid;
	setInterval(() => void (process.ppid !== shell && child.kill("SIGTERM")), 500).unref();
}
child.on("exit", (code, signal) => {
	process.exitCode = code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 0 : 1);
});
