import { sendJson } from "../../mixins/http/whole-answer";
import type { Resources } from "../resources";
import { readOnly } from "./read-only";

/** moleculer-web's route for who watches the gateway. */
export function healthRoute({ missing, absent }: Pick<Resources, "missing" | "absent">): Record<string, unknown> {
	return {
		path: "/health",
		mappingPolicy: "restrict",
		logging: false,
		aliases: {
			"/live": readOnly((_request, response) => sendJson(response, 200, { status: "live" })),
			"/ready": readOnly((_request, response) => {
				const lacking = missing();
				const status = lacking.length === 0 ? 200 : 503;
				sendJson(response, status, {
					status: status === 200 ? "ready" : "not ready",
					missing: lacking,
					// The gateway works without them, as far as that goes: they are named, not waited for.
					absentServices: absent(),
				});
			}),
		},
	};
}
