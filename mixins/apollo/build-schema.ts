import type { GraphQLSchema } from "graphql";
import type { ServiceDefinition } from "./definitions";
import { reasonOf, type SchemaMethods } from "./schema";

export interface BuiltSchema {
	schema: GraphQLSchema;
	services: readonly ServiceDefinition[];
}

/**
 * The schema of as many of the services as fit together: one whose definitions are broken, or contradict the others',
 * is left out and named, and must not keep the rest from getting their new fields. Of two that contradict each other
 * the one that is `served` already stays.
 */
export function buildSchema(
	methods: SchemaMethods,
	services: readonly ServiceDefinition[],
	served: ReadonlySet<string>,
	leaveOut: (service: ServiceDefinition, reason: string) => void,
): BuiltSchema | undefined {
	const all = attempt(methods, services);
	if (!("reason" in all)) return all;

	const newcomersFirst = services.toSorted((a, b) => Number(served.has(a.fullName)) - Number(served.has(b.fullName)));
	for (const suspect of newcomersFirst) {
		const rest = attempt(
			methods,
			services.filter((each) => each !== suspect),
		);
		if ("reason" in rest) continue;
		leaveOut(suspect, all.reason);
		return rest;
	}

	// Several don't fit: add one after the other, those that are served first.
	let best: BuiltSchema | undefined;
	for (const service of newcomersFirst.toReversed()) {
		const grown = attempt(methods, [...(best?.services ?? []), service]);
		if ("reason" in grown) leaveOut(service, grown.reason);
		else best = grown;
	}
	return best;
}

function attempt(methods: SchemaMethods, services: readonly ServiceDefinition[]): BuiltSchema | { reason: string } {
	try {
		return { schema: methods.generateGraphQLSchema(services), services };
	} catch (error) {
		return { reason: reasonOf(error) };
	}
}
