import type { Service, ServiceSchema } from "moleculer";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { defineService } from "../../mixins/define";
import { Events } from "../../mixins/events/events.mixin";
import { noticesConsumers } from "./notices.consumers";
import type { Resources } from "./resources";

/** Writes to members. */
export default function notices({ databaseUrl, transport }: Resources): ServiceSchema {
	return defineService<Service & WithDatabase>({
		name: "notices",
		mixins: [
			Events<Service>({ schema: "notices", transport, consumers: noticesConsumers }),
			Database({ url: databaseUrl }),
		],
	});
}
