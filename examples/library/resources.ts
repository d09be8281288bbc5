import type { EventTransport } from "../../mixins/events/transport";

/** What a node hands to its services. */
export interface Resources {
	databaseUrl: string;
	transport: EventTransport;
}
