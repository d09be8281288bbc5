import type { DatabaseAddress } from "../mixins/database/pools";
import type { Settings, OwningService } from "../node/settings";
import type { Topology } from "../mixins/events/topology";
import type { EventTransport } from "../mixins/events/transport";

/** Who works on a schema, and on no other: the services, the provider that plays somebody else, and the events' transport. */
export type DatabaseRole = OwningService | "sandbox_provider" | "events";

/** What a node hands to each service that it hosts. */
export interface Resources {
	settings: Settings;
	/** `undefined` on a gateway for as long as no node with a database has started. */
	shopId(): string | undefined;
	/** Signs access tokens. */
	jwtSecret: string;
	transport: EventTransport;
	/** Of the whole shop, not only of this node's services. */
	topology: Topology;
	/** Where people find the shop, or `undefined` where nobody has said it: what links in mails begin with. */
	publicUrl(): string | undefined;
	database(role: DatabaseRole): DatabaseAddress;
	/** What this node lacks to do its job, as short names; empty when it is ready. */
	missing(): string[];
	/** Services of the shop that no node known to this one offers just now. */
	absent(): string[];
	/** No other process works on this database. */
	alone: boolean;
}
