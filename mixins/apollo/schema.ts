import { makeExecutableSchema, type IExecutableSchemaDefinition } from "@graphql-tools/schema";
import {
	assertValidSchema,
	Kind,
	parse,
	type DefinitionNode,
	type DocumentNode,
	type GraphQLFieldResolver,
	type GraphQLSchema,
} from "graphql";
import { Errors, type ActionParams } from "moleculer";
import { ApolloService } from "moleculer-apollo-server";
import { refuseUnusable } from "../access/usable";
import { actionParams } from "./arguments";
import type { GraphQLContext } from "./context";
import type { ServiceDefinition } from "./definitions";

/** By type, then by field. */
export type Resolvers = NonNullable<IExecutableSchemaDefinition<GraphQLContext>["resolvers"]>;

type Resolver = GraphQLFieldResolver<unknown, GraphQLContext>;

/** What moleculer-apollo-server is best at: one schema, with resolvers and DataLoaders, from many services. */
export interface SchemaMethods {
	generateGraphQLSchema(services: readonly ServiceDefinition[]): GraphQLSchema;
	buildLoaderOptionMap(services: readonly ServiceDefinition[]): void;
	createActionResolver(action: string, definition?: object): Resolver;
	createAsyncIteratorResolver(
		action: string,
		tags?: string[],
		filter?: string,
	): { subscribe: Resolver; resolve: Resolver };
	makeExecutableSchema(parts: { typeDefs: string[]; resolvers: Resolvers }): GraphQLSchema;
}

const schemaHalf = [
	"getFieldName",
	"getServiceName",
	"getResolverActionName",
	"createServiceResolvers",
	"createActionResolver",
	"createAsyncIteratorResolver",
	"getDataLoaderMapKey",
	"buildDataLoader",
	"buildLoaderOptionMap",
	"generateGraphQLSchema",
] as const;

export interface SchemaOptions {
	baseSchema?: string | undefined;
	resolvers?: Resolvers | undefined;
}

/**
 * The schema half of moleculer-apollo-server 0.3.8, without its server (Apollo Server 2, which graphql 16 breaks).
 * Its methods expect to be a service's: `pubsub`, `dataLoaderOptions` and `dataLoaderBatchParams` are on `this`.
 */
export function schemaMethods(
	{ baseSchema, resolvers }: SchemaOptions,
	paramsOf: (action: string) => ActionParams | undefined = () => undefined,
): SchemaMethods {
	const { methods } = ApolloService({ typeDefs: baseSchema, checkActionVisibility: true }) as unknown as {
		methods: SchemaMethods;
	};
	const half = Object.fromEntries(
		schemaHalf.map((name) => [name, methods[name as keyof SchemaMethods]]),
	) as unknown as SchemaMethods;

	const withActionParams = (resolve: Resolver, action: string): Resolver => {
		return (parent, args, context, info) => {
			const params = actionParams(args as Record<string, unknown>, paramsOf(action));
			refuseUnusable(params);
			return resolve(parent, params, context, info);
		};
	};

	return {
		...half,
		createActionResolver(action, definition) {
			return withActionParams(half.createActionResolver.call(this, action, definition), action);
		},
		createAsyncIteratorResolver(action, tags, filter) {
			const { subscribe, resolve } = half.createAsyncIteratorResolver.call(this, action, tags, filter);
			return { subscribe, resolve: withActionParams(resolve, action) };
		},
		makeExecutableSchema(parts) {
			const schema = makeExecutableSchema({
				typeDefs: parts.typeDefs.map(eachRootFieldApart),
				resolvers: [parts.resolvers, resolvers ?? []].flat(),
				// Without a base schema, the types that hand-written resolvers are for may only come later.
				resolverValidationOptions: { requireResolversToMatchSchema: baseSchema ? "error" : "ignore" },
			});
			assertValidSchema(schema);
			return answerUnavailable(schema);
		},
	};
}

const roots = new Set(["Query", "Mutation", "Subscription"]);

/**
 * moleculer-apollo-server writes all services' root fields into one type, where the same field twice is an error.
 * In types of their own they are merged like any other: the same silently, contradictions with both sides named.
 */
function eachRootFieldApart(sdl: string): DocumentNode {
	const document = parse(sdl);
	const definitions = document.definitions.flatMap((definition) => {
		if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || !roots.has(definition.name.value)) return definition;
		return (definition.fields ?? []).map((field): DefinitionNode => Object.assign({}, definition, { fields: [field] }));
	});
	return { ...document, definitions };
}

function refuseUnserved(): never {
	throw new Errors.MoleculerError("This part of the service is not available right now", 503, "UNAVAILABLE");
}

/** Root fields that only the base schema knows: their service has not been heard of yet. */
function answerUnavailable(schema: GraphQLSchema): GraphQLSchema {
	for (const root of [schema.getQueryType(), schema.getMutationType()]) {
		for (const field of Object.values(root?.getFields() ?? {})) field.resolve ??= refuseUnserved;
	}
	for (const field of Object.values(schema.getSubscriptionType()?.getFields() ?? {}))
		field.subscribe ??= refuseUnserved;
	return schema;
}

/** moleculer-apollo-server wraps what went wrong in an error that says only that something did. */
export function reasonOf(error: unknown): string {
	const { message, data } = error as { message: string; data?: { err?: Error } };
	return data?.err?.message ?? message;
}
