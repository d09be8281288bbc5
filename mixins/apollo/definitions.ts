import type { ActionParams } from "moleculer";
import type { ActionGraphQL, ServiceGraphQL } from "./declarations";

/** A service as the registry lists it, and what of it matters to the schema. */
export interface ServiceDefinition {
	name: string;
	fullName: string;
	version?: string | number | undefined;
	settings?: { graphql?: ServiceGraphQL };
	actions: Record<string, ActionDefinition>;
}

export interface ActionDefinition {
	name: string;
	visibility?: string | undefined;
	params?: ActionParams | undefined;
	graphql?: ActionGraphQL;
}

/** What the services have declared, those that have left included. */
export interface Definitions {
	/** @returns whether anything is different from what was known */
	learn(live: readonly ServiceDefinition[]): boolean;
	/** In the order of their names, so that the same services make the same schema. */
	all(): ServiceDefinition[];
	paramsOf(action: string): ActionParams | undefined;
}

export function createDefinitions(): Definitions {
	const known = new Map<string, ServiceDefinition>();
	const params = new Map<string, ActionParams>();
	let fingerprint = "[]";
	const all = () => [...known.values()].toSorted((a, b) => (a.fullName < b.fullName ? -1 : 1));

	return {
		learn(live) {
			const declaring = live.filter(declaresGraphQL);
			for (const fullName of new Set(declaring.map((each) => each.fullName))) {
				known.set(fullName, unionOf(declaring.filter((each) => each.fullName === fullName)));
			}
			for (const service of known.values()) {
				for (const action of Object.values(service.actions)) if (action.params) params.set(action.name, action.params);
			}
			const before = fingerprint;
			fingerprint = JSON.stringify(all().map(whatMatters));
			return fingerprint !== before;
		},
		all,
		paramsOf: (action) => params.get(action),
	};
}

function declaresGraphQL({ settings, actions }: ServiceDefinition): boolean {
	return settings?.graphql !== undefined || Object.values(actions).some((action) => action.graphql);
}

/** An old and a new version run side by side during a rollout: the schema holds what either of them can do. */
function unionOf(instances: readonly ServiceDefinition[]): ServiceDefinition {
	const [first] = instances;
	if (instances.length === 1) return first!;
	const declared = instances.flatMap(({ settings }) => settings?.graphql ?? []);
	return {
		...first!,
		actions: Object.assign({}, ...instances.map(({ actions }) => actions)) as ServiceDefinition["actions"],
		...(declared.length > 0 && { settings: { graphql: declared.reduce(combine) } }),
	};
}

function combine(one: ServiceGraphQL, other: ServiceGraphQL): ServiceGraphQL {
	const combined: Record<string, unknown> = { ...one };
	for (const [key, value] of Object.entries(other)) {
		if (key === "resolvers") combined[key] = combineResolvers(one.resolvers, other.resolvers);
		else combined[key] = [...new Set([combined[key] ?? [], value].flat())];
	}
	return combined;
}

function combineResolvers(one: ServiceGraphQL["resolvers"] = {}, other: ServiceGraphQL["resolvers"] = {}) {
	const types = new Set([...Object.keys(one), ...Object.keys(other)]);
	return Object.fromEntries([...types].map((type) => [type, { ...one[type], ...other[type] }]));
}

function whatMatters({ fullName, settings, actions }: ServiceDefinition) {
	const declared = Object.values(actions).filter(({ graphql }) => graphql);
	return [fullName, settings?.graphql, declared.map(({ name, graphql, visibility }) => [name, graphql, visibility])];
}
