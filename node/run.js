"use strict";
// Runs one of the shop's commands: from dist/ where the build is as new as the sources, else the sources through tsx.
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { newest } = require("./newest.js");
const { canBuildWeb, isWebBuilt } = require("./web.js");

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

const NO_WEB_SHOP =
	"There is no web shop: it has not been built, and Vite, which builds it, is not installed (--omit=dev). " +
	"npm ci && npm run build && npm prune --omit=dev brings it; everything else starts without it.\n";

function isBuilt() {
	const built = fs.statSync(path.join(root, "dist", "built"), { throwIfNoEntry: false });
	return built !== undefined && SOURCES.every((source) => newest(path.join(root, source)) <= built.mtimeMs);
}

/** A node with a gateway shows the web shop. One that can't be built keeps nobody from using the rest. */
function bringWebShop() {
	const services = process.env["SERVICES"];
	if ((services && !services.includes("gateway")) || isWebBuilt()) return;
	if (!canBuildWeb()) {
		// An older one is served as it is.
		if (!fs.existsSync(path.join(root, "dist", "public", "index.html"))) process.stderr.write(NO_WEB_SHOP);
		return;
	}
	process.stderr.write("The web shop is built, which takes a few seconds the first time …\n");
	const { status } = spawnSync(process.execPath, [path.join(__dirname, "web.js")], { stdio: "inherit" });
	if (status !== 0) process.stderr.write("The web shop could not be built; everything else starts without it.\n");
}

const [command, ...rest] = process.argv.slice(2);
const watches = rest.includes("--watch");
const args = rest.filter((arg) => arg !== "--watch");
const program =
	isBuilt() && !watches
		? [path.join(root, "dist/node", `${command}.js`)]
		: ["--import", "tsx", path.join(root, "node", `${command}.ts`)];
if (command === "start") bringWebShop();
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
