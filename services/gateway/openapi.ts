import { isObjectType, type GraphQLOutputType, type GraphQLSchema } from "graphql";
import type { ActionSchema, ServiceSchema } from "moleculer";
import { isRequired, schemaOfObject, schemaOfParams, schemaOfRule, schemaOfType, type JsonSchema } from "./json-schema";
import { FILTERS, REST_ROUTES, type RestRoute } from "./rest";

type Action = Pick<ActionSchema, "params" | "access" | "graphql">;

export interface OpenApiParts {
	services: readonly ServiceSchema[];
	/** Made of the same services. */
	schema: GraphQLSchema;
}

const CODES: Record<string, string> = {
	"400": "BAD_USER_INPUT",
	"401": "UNAUTHENTICATED, INVALID_CREDENTIALS",
	"403": "FORBIDDEN",
	"404": "NOT_FOUND",
	"409": "CONFLICT, EMAIL_TAKEN, INSUFFICIENT_STOCK, CART_NOT_ACTIVE, CART_CHANGED, ORDER_NOT_CANCELLABLE",
	"422": "IDEMPOTENCY_KEY_REUSED, CART_EMPTY",
	"429": "RATE_LIMITED: try again after Retry-After seconds",
	"503": "UNAVAILABLE, OVERLOADED: try again after Retry-After seconds",
};

/** The OpenAPI 3.1 document of REST, made of the routes, the params of their actions, and the types of GraphQL. */
export function openApiOf({ services, schema }: OpenApiParts): JsonSchema {
	const paths: Record<string, Record<string, unknown>> = {};
	const types = typesOf(services, schema);
	for (const route of REST_ROUTES) {
		const path = `/api${route.path.replaceAll(/:(\w+)/g, "{$1}")}`;
		const operation = operationOf(route, actionOf(services, route.action), types.answer(answerOf(route, services)));
		paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation };
	}
	return {
		openapi: "3.1.0",
		info: {
			title: "Molecart",
			version: "1",
			description: "The same actions, rules and error codes as GraphQL. Money is in minor units: 1999 is 19.99.",
		},
		paths,
		components: {
			securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
			schemas: { Error: ERROR, ...types.components() },
		},
	};
}

const ERROR: JsonSchema = {
	type: "object",
	required: ["error"],
	properties: {
		error: {
			type: "object",
			required: ["code", "message"],
			properties: { code: { type: "string" }, message: { type: "string" }, retryAfter: { type: "integer" } },
		},
	},
};

function operationOf(route: RestRoute, action: Action, answer: JsonSchema): JsonSchema {
	const params = { ...(action.params as Record<string, unknown>) };
	const inPath = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name!);
	const parameters: JsonSchema[] = [];
	for (const name of inPath) {
		const param = route.rename?.[name] ?? name;
		parameters.push({ name, in: "path", required: true, schema: schemaOfRule(params[param]) });
		delete params[param];
	}
	delete params["idempotencyKey"];
	if (route.keyed) {
		const isNeeded = isRequired((action.params as Record<string, unknown>)["idempotencyKey"] ?? { optional: true });
		const key = { name: "Idempotency-Key", in: "header", schema: { type: "string", maxLength: 200 } };
		parameters.push({ ...key, required: isNeeded });
	}
	if (route.method === "GET") parameters.push(...queryOf(params));
	return {
		operationId: route.action,
		...(action.access !== "anyone" && { security: [{ bearer: [] }] }),
		...(action.access === "admin" && { description: "For administrators." }),
		...(parameters.length > 0 && { parameters }),
		...(route.method !== "GET" && route.method !== "DELETE" && { requestBody: bodyOf(params) }),
		responses: {
			[route.creates ? "201" : "200"]: { description: "Done", content: { "application/json": { schema: answer } } },
			...Object.fromEntries(Object.entries(CODES).map(([status, description]) => [status, refusal(description)])),
		},
	};
}

function bodyOf(params: Record<string, unknown>): JsonSchema {
	return { content: { "application/json": { schema: schemaOfParams(params) } } };
}

function refusal(description: string): JsonSchema {
	return { description, content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } };
}

/** The fields of a list's filter stand beside the others. */
function queryOf({ filter, ...others }: Record<string, unknown>): JsonSchema[] {
	const { $$strict: _, ...flat } = { ...(filter as { props?: object } | undefined)?.props, ...others } as Record<
		string,
		unknown
	>;
	return Object.entries(flat).map(([name, rule]) => ({
		name,
		in: "query",
		required: !FILTERS.has(name) && isRequired(rule),
		schema: schemaOfRule(rule),
	}));
}

function actionOf(services: readonly ServiceSchema[], name: string): Action {
	const [service, action] = name.split(".");
	return services.find((each) => each.name === service)!.actions![action!] as Action;
}

/** The type that the action's GraphQL declaration says that it answers. */
function answerOf({ action, answers = "" }: RestRoute, services: readonly ServiceSchema[]): string {
	const { graphql } = actionOf(services, action);
	const declared = String(graphql?.query ?? graphql?.mutation ?? `: ${answers}`);
	return /:\s*(\w+)!?$/.exec(declared.trim())![1]!;
}

/** The types that answers are made of, as they are asked for. */
function typesOf(services: readonly ServiceSchema[], schema: GraphQLSchema) {
	const resolvers = services.flatMap(({ settings }) => Object.entries(settings?.graphql?.resolvers ?? {}));
	const resolvedOf = (name: string) =>
		new Set(resolvers.filter(([type]) => type === name).flatMap(([, fields]) => Object.keys(fields)));
	const found = new Map<string, JsonSchema>();

	const add = (type: unknown): void => {
		const inner = innermost(type);
		if (!isObjectType(inner) || found.has(inner.name)) return;
		const resolved = resolvedOf(inner.name);
		found.set(inner.name, schemaOfObject(inner, resolved));
		for (const field of Object.values(inner.getFields())) if (!resolved.has(field.name)) add(field.type);
	};
	return {
		/** An object is added to the components; a scalar, the answer that something is done, says it all itself. */
		answer(name: string): JsonSchema {
			const type = schema.getType(name) as GraphQLOutputType;
			add(type);
			return schemaOfType(type);
		},
		components: () => Object.fromEntries([...found].toSorted(([a], [b]) => (a < b ? -1 : 1))),
	};
}

function innermost(type: unknown): unknown {
	return typeof type === "object" && type !== null && "ofType" in type ? innermost(type.ofType) : type;
}
