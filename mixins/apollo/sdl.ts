import { buildSchema, findBreakingChanges, lexicographicSortSchema, printSchema } from "graphql";
import { Service, type ServiceSchema } from "moleculer";
import type { ServiceDefinition } from "./definitions";
import { reasonOf, schemaMethods, type SchemaOptions } from "./schema";

/**
 * The SDL that these services make together, sorted, so that it can be checked in and compared.
 * `baseSchema` is what belongs to no service: scalars, hand-written subscriptions.
 * @throws where they don't fit together, saying why
 */
export function schemaOf(services: readonly ServiceSchema[], options: SchemaOptions = {}): string {
	try {
		return `${printSchema(lexicographicSortSchema(schemaMethods(options).generateGraphQLSchema(services.map(asRegistered))))}\n`;
	} catch (error) {
		throw new Error(`These services make no GraphQL schema together: ${reasonOf(error)}`, { cause: error });
	}
}

/**
 * What a client of the published SDL would stumble over, as sentences: what is gone, what has another type, what is
 * demanded now and was not.
 */
export function breakingChanges(published: string, current: string): string[] {
	return findBreakingChanges(buildSchema(published), buildSchema(current)).map(({ description }) => description);
}

/** A service as the registry would list it, had it been started. */
function asRegistered(schema: ServiceSchema): ServiceDefinition {
	const { applyMixins } = Service.prototype as unknown as { applyMixins(schema: ServiceSchema): ServiceSchema };
	const merged = applyMixins.call(Service.prototype, schema);
	const fullName = merged.version === undefined ? merged.name : `${versionPrefix(merged.version)}.${merged.name}`;
	const actions: ServiceDefinition["actions"] = {};
	for (const [key, action] of Object.entries(merged.actions ?? {})) {
		if (typeof action !== "object") continue;
		const name = `${fullName}.${action.name ?? key}`;
		actions[name] = { ...action, name };
	}
	return { name: merged.name, fullName, version: merged.version, settings: merged.settings ?? {}, actions };
}

function versionPrefix(version: string | number): string {
	return typeof version === "number" ? `v${version}` : version;
}
