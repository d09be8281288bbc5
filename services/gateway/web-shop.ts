import { createHash } from "node:crypto";
import fs from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { sendWhole } from "../../mixins/http/whole-answer";
import { PICTURE_TYPES } from "../pictures";
import { refuseMethod } from "./rest-problem";
import type { pageStatus, PageStatus } from "./page-status";

export type Serve = (request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void) => void;

interface File {
	type: string;
	cacheControl: string;
	etag: string;
	/** By content encoding, the smallest first; `identity` is always there. */
	bodies: ReadonlyMap<string, Buffer>;
	/** Of a page's own styles, as the Content-Security-Policy names what it lets through. */
	styleHashes: readonly string[];
}

const TYPES: Record<string, string> = {
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".css": "text/css; charset=utf-8",
	...PICTURE_TYPES,
	".woff2": "font/woff2",
	".txt": "text/plain; charset=utf-8",
};

const ENCODINGS = [
	["br", ".br"],
	["gzip", ".gz"],
] as const;

/** What its name changes with can be kept for ever; a picture for an hour; a page is asked for again each time. */
const FOR_EVER = "public, max-age=31536000, immutable";
const AN_HOUR = "public, max-age=3600";
const ASK_AGAIN = "no-cache";

const FRONT_PAGE = "/index.html";
const ANY_PAGE = "/page.html";

/**
 * The built web shop, held in memory (it is less than a megabyte): what isn't in the map can't be asked for. An address
 * without a file that a browser wants as a page is answered with the shop's frame, which finds its own way; the status
 * says whether there is anything to find.
 */
export function webShop(folder: string, statusOf: ReturnType<typeof pageStatus>): Serve {
	const files = new Map(readAll(folder));
	return (request, response, next) => {
		// Not by URL, which refuses some of what a request may ask for, such as two slashes.
		const [pathname, search] = halvesOf(addressOf(request));
		const file = files.get(nameOf(pathname));
		const page = !file && wantsPage(request, pathname) ? files.get(pageFor(pathname, search)) : undefined;
		if (!file && !page) return files.size === 0 && wantsPage(request, pathname) ? sayNotBuilt(response) : next();
		if (request.method !== "GET" && request.method !== "HEAD") return refuseMethod(response, ["GET"]);
		if (file) return send(file, request, response);
		void statusOf(pathname, search).then((status) => send(page!, request, response, status));
	};
}

/** A search may have question marks of its own in it: `/?search=a?b`. */
function halvesOf(address: string): [pathname: string, search: string] {
	const [pathname = "/", ...rest] = address.split("?");
	return [pathname, rest.join("?")];
}

/** moleculer-web takes a route's own part off the address. */
function addressOf(request: IncomingMessage & { originalUrl?: string }): string {
	return request.originalUrl ?? request.url ?? "/";
}

/** A file's name as it was given, not as an address has to write it: `/pictures/blue%20mug.png` is `blue mug.png`. */
function nameOf(pathname: string): string {
	try {
		return decodeURIComponent(pathname).normalize();
	} catch {
		return pathname;
	}
}

/** The front page comes with the products' places drawn; with a search it would show them for nothing. */
function pageFor(pathname: string, search: string): string {
	return pathname === "/" && search === "" ? FRONT_PAGE : ANY_PAGE;
}

function wantsPage({ headers }: IncomingMessage, pathname: string): boolean {
	const isOurs = /^\/(api|graphql|health|assets|pictures)(\/|$)/.test(pathname) || path.extname(pathname) !== "";
	if (isOurs) return false;
	const { accept = "*/*" } = headers;
	// Whoever takes anything at the front door, curl for one, sees the shop; elsewhere only who asks for a page does.
	return accept.includes("text/html") || (pathname === "/" && accept.includes("*/*"));
}

function send(file: File, request: IncomingMessage, response: ServerResponse, status: PageStatus = 200): void {
	response.setHeader("Cache-Control", file.cacheControl);
	// What is not there is nothing to keep, and nothing that could be unchanged.
	if (status === 200) response.setHeader("ETag", file.etag);
	response.setHeader("Vary", "Accept-Encoding");
	if (file.styleHashes.length > 0) allowStyles(response, file.styleHashes);
	if (status === 200 && request.headers["if-none-match"]?.includes(file.etag))
		return void response.writeHead(304).end();
	const accepted = request.headers["accept-encoding"] ?? "";
	const [encoding, body] = [...file.bodies].find(([each]) => each === "identity" || accepts(accepted, each))!;
	if (encoding !== "identity") response.setHeader("Content-Encoding", encoding);
	response.writeHead(status, { "Content-Type": file.type, "Content-Length": body.length });
	response.end(request.method === "HEAD" ? undefined : body);
}

/** Of what stands in a page, only these very styles count; whatever is injected has another hash. */
function allowStyles(response: ServerResponse, hashes: readonly string[]): void {
	const policy = String(response.getHeader("Content-Security-Policy"));
	response.setHeader(
		"Content-Security-Policy",
		policy.replace("style-src 'self'", ["style-src 'self'", ...hashes].join(" ")),
	);
}

/** `gzip`, and not `gzip;q=0`, which says that it is not understood. */
function accepts(header: string, encoding: string): boolean {
	return header.split(",").some((each) => {
		const [name, quality] = each.trim().split(/\s*;\s*q=/);
		return name === encoding && Number(quality ?? 1) > 0;
	});
}

function sayNotBuilt(response: ServerResponse): void {
	sendWhole(response, 503, {
		headers: { "Content-Type": "text/plain; charset=utf-8" },
		body: "The web shop has not been built here: npm ci && npm run build does it. GraphQL and REST work without it.\n",
	});
}

function* readAll(folder: string): Iterable<[string, File]> {
	if (!fs.existsSync(folder)) return;
	for (const name of fs.readdirSync(folder, { recursive: true, encoding: "utf8" })) {
		const type = TYPES[path.extname(name).toLowerCase()];
		if (!type) continue;
		const address = `/${name.split(path.sep).join("/")}`.normalize();
		const body = fs.readFileSync(path.join(folder, name));
		const bodies = new Map<string, Buffer>();
		for (const [encoding, extension] of ENCODINGS) {
			const compressed = path.join(folder, name + extension);
			if (fs.existsSync(compressed)) bodies.set(encoding, fs.readFileSync(compressed));
		}
		const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
		yield [
			address,
			{
				type,
				cacheControl: cacheControlOf(address),
				etag,
				bodies: bodies.set("identity", body),
				styleHashes: type === TYPES[".html"] ? styleHashesIn(body.toString()) : [],
			},
		];
	}
}

function styleHashesIn(page: string): string[] {
	const hashOf = (style: string): string => `'sha256-${createHash("sha256").update(style).digest("base64")}'`;
	return [...page.matchAll(/<style>(.*?)<\/style>/gs)].map(([, style]) => hashOf(style!));
}

function cacheControlOf(address: string): string {
	if (address.startsWith("/assets/")) return FOR_EVER;
	return address.endsWith(".html") ? ASK_AGAIN : AN_HOUR;
}
