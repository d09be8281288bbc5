"use strict";
// Builds the web shop to dist/public/. A start does it too, where the build is missing or older than its sources.
const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");
const { newest } = require("./newest.js");

const root = path.join(__dirname, "..");
const source = path.join(root, "public");
const built = path.join(root, "dist", "public");
const mark = path.join(built, "built");

/** What is text and large enough that a compressed copy is smaller by a packet or more. */
const COMPRESSED = /\.(html|js|css|svg)$/;
const COMPRESSED_BYTES_MIN = 1_400;

function isWebBuilt() {
	const at = fs.statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0;
	return newest(source) <= at && newest(path.join(root, "package-lock.json")) <= at;
}

/** False where Vite isn't there: what only builds is left out of an installation with --omit=dev. */
function canBuildWeb() {
	try {
		require.resolve("vite/package.json");
		return true;
	} catch {
		// That it is missing is the answer.
		return false;
	}
}

/** Into a folder of its own first: a shop that is running keeps its files, and two builds at once don't mix. */
async function buildWeb() {
	const began = new Date();
	const { build } = await import("vite");
	fs.mkdirSync(path.dirname(built), { recursive: true });
	const work = fs.mkdtempSync(path.join(path.dirname(built), "public-"));
	try {
		const config = { configFile: path.join(source, "vite.config.mts"), logLevel: "error" };
		await build({ ...config, build: { outDir: path.join(work, "browser") } });
		await build({
			...config,
			build: { outDir: path.join(work, "prerender"), ssr: "src/prerender.ts", copyPublicDir: false },
		});
		await writePages(work);
		compressAll(path.join(work, "browser"));
		fs.writeFileSync(path.join(work, "browser", "built"), "");
		// As old as the beginning: what was saved during the build may not be in it.
		fs.utimesSync(path.join(work, "browser", "built"), began, began);
		fs.rmSync(built, { recursive: true, force: true });
		fs.renameSync(path.join(work, "browser"), built);
	} finally {
		fs.rmSync(work, { recursive: true, force: true });
	}
}

/**
 * index.html shows the front page before any script has run; page.html, for every other address, its frame. pages.json
 * tells the gateway which addresses there are.
 */
async function writePages(work) {
	const { render, pages } = await import(
		require("node:url").pathToFileURL(path.join(work, "prerender", "prerender.mjs"))
	);
	fs.writeFileSync(path.join(work, "browser", "pages.json"), JSON.stringify(pages()));
	const index = path.join(work, "browser", "index.html");
	const template = withStyles(fs.readFileSync(index, "utf8"), path.join(work, "browser"));
	for (const [file, address] of [
		[index, "/"],
		[path.join(work, "browser", "page.html"), undefined],
	]) {
		const rendered = await render(address);
		fs.writeFileSync(
			file,
			template.replace("<!--page-->", () => rendered),
		);
	}
}

/**
 * The styles come in the page: the first paint on a slow network then waits for one answer instead of two. A disabled
 * link fetches nothing, and tells Vite's loader that what it names is here: parts of the shop share a stylesheet.
 */
function withStyles(page, folder) {
	return page.replace(/<link rel="stylesheet"[^>]* href="([^"]+)">/g, (_link, address) => {
		const styles = fs.readFileSync(path.join(folder, address), "utf8").trim();
		return `<style>${styles}</style><link rel="stylesheet" href="${address}" disabled>`;
	});
}

function compressAll(folder) {
	for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
		const file = path.join(entry.parentPath, entry.name);
		if (!entry.isFile() || !COMPRESSED.test(file)) continue;
		const bytes = fs.readFileSync(file);
		if (bytes.length < COMPRESSED_BYTES_MIN) continue;
		fs.writeFileSync(`${file}.gz`, zlib.gzipSync(bytes, { level: 9 }));
		fs.writeFileSync(`${file}.br`, zlib.brotliCompressSync(bytes));
	}
}

module.exports = { isWebBuilt, canBuildWeb, buildWeb };

// In a process of its own, what the build needed of memory is free again afterwards.
if (require.main === module) {
	buildWeb().catch((error) => {
		process.stderr.write(`${error.stack}\n`);
		process.exitCode = 1;
	});
}
