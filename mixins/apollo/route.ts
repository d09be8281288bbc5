import type { ServerResponse } from "node:http";
import type { Service } from "moleculer";
import { explorer } from "./explorer";
import { answerHttp, sendProblem } from "./http";
import type { GatewayRequest, HttpParts } from "./http-context";
import { jsonBody } from "./json-body";
import type { Report } from "./report";

type Next = (error: unknown) => void;
type Gateway = Service & { reportProblem: Report };

/** moleculer-web's route for GraphQL. One alias for every method: Apollo answers those that it has no use for, with 405. */
export function route(parts: Omit<HttpParts, "service" | "report">): Record<string, unknown> {
	const { settings } = parts;
	const shown = settings.development ? explorer(settings.path) : undefined;
	return {
		mappingPolicy: "restrict",
		bodyParsers: false,
		...settings.route,
		use: [
			...((settings.route?.["use"] ?? []) as unknown[]),
			jsonBody({ bytesMax: settings.limits.bodyBytes, tooLarge: "QUERY_TOO_COMPLEX" }),
		],
		path: settings.path,
		aliases: {
			...(shown && { "GET /explorer": shown.serve, "GET /explorer/*file": shown.serve }),
			async "/"(this: Gateway, request: GatewayRequest, response: ServerResponse, next: Next) {
				try {
					await answerHttp({ ...parts, service: this, report: this.reportProblem }, request, response);
				} catch (error) {
					next(error);
				}
			},
		},
		onError(this: Gateway, request: GatewayRequest, response: ServerResponse, error: unknown) {
			sendProblem(response, this.reportProblem(error, request.$ctx.requestID));
		},
	};
}
