import type { IncomingMessage, ServerResponse } from "node:http";
import path from "node:path";
import { Errors } from "moleculer";
import serveStatic from "serve-static";
import { sendWhole } from "../http/whole-answer";

/** Altair, as far as it is used here; an optional package, which a production image leaves out. */
interface Altair {
	getDistDirectory(): string;
	renderAltair(options: object): string;
	renderInitialOptions(options: object): string;
}

/** Shows the schema, completes and sends queries, and follows subscriptions; from files of this machine alone. */
export interface Explorer {
	/** Where it begins, below the path of GraphQL. */
	path: string;
	serve(request: IncomingMessage, response: ServerResponse, next: (error?: Error) => void): void;
}

const OPTIONS_FILE = "initial_options.js";

/** Altair writes styles into the page and reads its plugins with `new Function`; in development only. */
const CONTENT_SECURITY_POLICY = [
	"default-src 'self'",
	"script-src 'self' 'unsafe-eval'",
	"style-src 'self' 'unsafe-inline'",
	"img-src 'self' data:",
	"font-src 'self' data:",
	"worker-src 'self' blob:",
	"base-uri 'self'",
	"frame-ancestors 'self'",
].join("; ");

/** @returns undefined where the package is not installed */
export function explorer(graphqlPath: string): Explorer | undefined {
	const altair = installed();
	if (!altair) return undefined;
	const place = `${graphqlPath}/explorer/`;
	const options = {
		baseURL: place,
		endpointURL: graphqlPath,
		subscriptionsEndpoint: graphqlPath,
		subscriptionsProtocol: "graphql-ws",
		serveInitialOptionsInSeperateRequest: OPTIONS_FILE,
		disableAccount: true,
	};
	const page = altair.renderAltair(options);
	const script = altair.renderInitialOptions(options);
	const files = serveStatic(altair.getDistDirectory(), { index: false });

	return {
		path: place,
		serve(request, response, next) {
			response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
			const file = (request.url ?? "").split("?")[0]!.replace(/^.*\/explorer\/?/, "");
			if (file === "") return answer(response, "text/html", page);
			if (file === OPTIONS_FILE) return answer(response, "text/javascript", script);
			request.url = path.posix.join("/", file);
			files(request, response, (error) =>
				next(error ?? new Errors.MoleculerClientError("There is no such file", 404, "NOT_FOUND")),
			);
		},
	};
}

function answer(response: ServerResponse, type: string, text: string): void {
	const headers = { "content-type": `${type}; charset=utf-8`, "cache-control": "no-store" };
	sendWhole(response, 200, { headers, body: text });
}

function installed(): Altair | undefined {
	try {
		return require("altair-static") as Altair;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
		throw error;
	}
}
