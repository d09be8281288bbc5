import "moleculer";
import type { ActionGraphQL, ServiceGraphQL } from "../mixins/apollo/declarations";

declare module "moleculer" {
	interface ActionSchema {
		/** The fields that this action serves; see mixins/apollo. */
		graphql?: ActionGraphQL;
		/** In milliseconds, 0 for none. Moleculer reads it; its own types forget it. */
		timeout?: number;
	}

	interface ServiceSettingSchema {
		/** Types, and resolvers of their fields; see mixins/apollo. */
		graphql?: ServiceGraphQL;
	}

	interface ServiceSchema {
		/** Called when all mixins are in, before anything is made of the schema. Moleculer's own types forget it. */
		merged?: (schema: ServiceSchema) => void;
	}
}
