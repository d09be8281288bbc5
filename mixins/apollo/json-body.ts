import { isUtf8 } from "node:buffer";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Errors } from "moleculer";
import { bodyParser } from "moleculer-web";

type Next = (error?: unknown) => void;
type Middleware = (request: IncomingMessage, response: ServerResponse, next: Next) => void;

/** What came can't be read: no JSON, no UTF-8, or not compressed in the way it says. */
class UnreadableError extends Errors.MoleculerClientError {
	constructor(message: string, fields: readonly { field: string; message: string }[] = []) {
		super(message, 400, "BAD_USER_INPUT", { fields });
	}
}

export interface JsonBodyOptions {
	/** After it is unpacked. */
	bytesMax: number;
	/** The code that answers a larger one, with the status 413. */
	tooLarge: string;
}

/**
 * Reads a body of JSON, in the place of moleculer-web's: there a body that can't be unpacked is an error of the inside,
 * and letters that are no UTF-8, in the body or in the query string, become others in silence.
 */
export function jsonBody({ bytesMax, tooLarge }: JsonBodyOptions): Middleware {
	const read = bodyParser.json({ limit: bytesMax, verify: refuseGarbled }) as Middleware;
	return (request, response, next) => {
		const garbled = garbledParameter(request.url ?? "");
		if (garbled !== undefined) {
			const message = "A parameter must be well-formed, and UTF-8";
			return next(new UnreadableError(message, [{ field: garbled, message }]));
		}
		read(request, response, (error) => next(error && refusal(error as BodyError, { bytesMax, tooLarge })));
	};
}

function refuseGarbled(_request: IncomingMessage, _response: ServerResponse, body: Buffer, encoding: string): void {
	if (encoding === "utf-8" && !isUtf8(body)) throw new UnreadableError("The body must be UTF-8");
}

/** @returns the name of the first one, as it came */
function garbledParameter(address: string): string | undefined {
	const [, search = ""] = address.split(/\?(.*)/s);
	const pair = search.split("&").find((each) => !isDecodable(each));
	return pair?.split("=")[0];
}

function isDecodable(text: string): boolean {
	try {
		decodeURIComponent(text);
		return true;
	} catch {
		return false;
	}
}

/** body-parser's; without a type it is zlib's, with zlib's code. */
type BodyError = Error & { type?: string };

function refusal(error: BodyError, { bytesMax, tooLarge }: JsonBodyOptions): Error {
	switch (error.type) {
		case undefined:
			return new UnreadableError("The body is not what its Content-Encoding says");
		case "entity.parse.failed":
			// The parser's own words quote the body, and whatever secret is in it.
			return new UnreadableError("The body is not valid JSON");
		case "entity.too.large":
			return new Errors.MoleculerClientError(`The body has more than ${bytesMax} bytes`, 413, tooLarge);
		default:
			return error;
	}
}
