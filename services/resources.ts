import type { Settings, OwningService } from "../node/settings";
import type { Topology } from "../mixins/events/topology";
import type { EventTransport } from "../mixins/events/transport";

/** What a node hands to each service that it hosts. */
export interface Resources {
	settings: Settings;
	jwtSecret: string;
	transport: EventTransport;
	/** Of the whole shop, not only of this node's services. */
	topology: Topology;
	databaseUrl(service: OwningService): string;
	/** What this node lacks to do its job, as short names; empty when it is ready. */
	missing(): string[];
	/** No other process works on this database. */
	alone: boolean;
}
