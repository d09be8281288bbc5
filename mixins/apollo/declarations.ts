/** What an action may say under `graphql:`. Texts are GraphQL's own language, one field or type each, or many. */
export interface ActionGraphQL extends TypeDeclarations {
	/** e.g. `product(id: ID!): Product`. An argument called `input` becomes the action's params itself. */
	query?: string | string[];
	mutation?: string | string[];
	/** Answers each payload that is published with one of `tags`, which the action gets as `payload`. */
	subscription?: string | string[];
	tags?: string[];
	/** An action that answers `true` for the payloads that this client shall hear. */
	filter?: string;
	/** Of the DataLoader that calls this action, e.g. `maxBatchSize`. */
	dataLoaderOptions?: Record<string, unknown>;
	/** The param that takes the batch's keys, where each key has several values. */
	dataLoaderBatchParam?: string;
}

/** What a service may say under `settings.graphql`. */
export interface ServiceGraphQL extends TypeDeclarations {
	query?: string | string[];
	mutation?: string | string[];
	subscription?: string | string[];
	/** By type, then by field. Enums and the like may have values instead of an action. */
	resolvers?: Record<string, Record<string, FieldResolver | string | number>>;
}

interface TypeDeclarations {
	type?: string | string[];
	input?: string | string[];
	enum?: string | string[];
	interface?: string | string[];
	union?: string | string[];
}

/** A field that another action fills. */
export interface FieldResolver {
	/** `resolve` of this service, or another's `products.resolve`. */
	action: string;
	/** From a field of the parent to a param of the action: `{ productId: "id" }`. */
	rootParams?: Record<string, string>;
	/** Calls the action once for all parents of the request, with a list of keys; it answers in the same order. */
	dataLoader?: boolean;
	params?: Record<string, unknown>;
	nullIfError?: boolean;
	skipNullKeys?: boolean;
}
