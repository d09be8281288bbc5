import fs from "node:fs";
import path from "node:path";
import { sendWhole } from "../../mixins/http/whole-answer";
import { projectRoot } from "../../node/project";
import { readOnly } from "./read-only";

/** moleculer-web's route for the AsyncAPI document: every event, for whoever listens. It is the file that is checked in. */
export function eventsDocumentRoute(use: readonly unknown[]): Record<string, unknown> {
	const document = fs.readFileSync(path.join(projectRoot, "docs/asyncapi.json"));
	return {
		path: "/api/asyncapi.json",
		mappingPolicy: "restrict",
		use,
		aliases: {
			"/": readOnly((_request, response) => {
				const headers = {
					"content-type": "application/json; charset=utf-8",
					"cache-control": "public, max-age=300",
				};
				sendWhole(response, 200, { headers, body: document });
			}),
		},
	};
}
