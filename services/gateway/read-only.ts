import type { IncomingMessage, ServerResponse } from "node:http";
import { refuseMethod } from "./rest-problem";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** moleculer-web's handler, of every method, for an address that can only be read: by GET, or without the body by HEAD. */
export function readOnly(answer: Answer): Answer {
	return (request, response) => {
		if (request.method === "GET" || request.method === "HEAD") answer(request, response);
		else refuseMethod(response, ["GET"]);
	};
}
