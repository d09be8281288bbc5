import {
	isEnumType,
	isListType,
	isNonNullType,
	isObjectType,
	type GraphQLObjectType,
	type GraphQLOutputType,
} from "graphql";

export type JsonSchema = Record<string, unknown>;

interface Rule {
	type?: string;
	optional?: boolean;
	nullable?: boolean;
	default?: unknown;
	min?: number;
	max?: number;
	integer?: boolean;
	pattern?: RegExp;
	values?: readonly string[];
	items?: unknown;
	props?: Record<string, unknown>;
}

const SIMPLE: Record<string, JsonSchema> = {
	uuid: { type: "string", format: "uuid" },
	emailAddress: { type: "string", format: "email", maxLength: 254 },
	boolean: { type: "boolean" },
};

const TEXTS = new Set(["string", "line", "text"]);

/** What an action's params say, in OpenAPI's words. Only the rules that the shop uses are known; another one is an error. */
export function schemaOfRule(given: unknown): JsonSchema {
	const rule = (typeof given === "string" ? { type: given } : given) as Rule;
	return rule.nullable ? nullable(schemaOfValue(rule)) : schemaOfValue(rule);
}

function schemaOfValue(rule: Rule): JsonSchema {
	const { type = "", min, max, default: preset } = rule;
	const common = preset === undefined ? {} : { default: preset };
	if (SIMPLE[type]) return { ...SIMPLE[type], ...(max !== undefined && { maxLength: max }), ...common };
	if (TEXTS.has(type)) {
		const limits = { ...(min && { minLength: min }), ...(max !== undefined && { maxLength: max }) };
		return { type: "string", ...limits, ...(rule.pattern && { pattern: rule.pattern.source }), ...common };
	}
	if (type === "number") {
		const limits = { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) };
		return { type: rule.integer ? "integer" : "number", ...limits, ...common };
	}
	if (type === "enum") return { type: "string", enum: rule.values, ...common };
	if (type === "array") return { type, items: schemaOfRule(rule.items), ...(max !== undefined && { maxItems: max }) };
	if (type === "object") return schemaOfParams(rule.props ?? {});
	throw new Error(`No word of OpenAPI is known for the rule ${JSON.stringify(rule)}`);
}

/** Nothing else may be said: unknown properties are refused. */
export function schemaOfParams(params: Record<string, unknown>): JsonSchema {
	const rules = Object.entries(params).filter(([name]) => !name.startsWith("$$"));
	const required = rules.filter(([, rule]) => isRequired(rule)).map(([name]) => name);
	return {
		type: "object",
		additionalProperties: false,
		...(required.length > 0 && { required }),
		properties: Object.fromEntries(rules.map(([name, rule]) => [name, schemaOfRule(rule)])),
	};
}

export function isRequired(rule: unknown): boolean {
	if (typeof rule === "string") return true;
	const { optional, default: preset } = rule as Rule;
	return !optional && preset === undefined;
}

const SCALARS: Record<string, JsonSchema> = {
	ID: { type: "string" },
	String: { type: "string" },
	Int: { type: "integer" },
	Boolean: { type: "boolean" },
	DateTime: { type: "string", format: "date-time" },
};

/** A type of the answer; objects are named, and found among the components. */
export function schemaOfType(type: GraphQLOutputType): JsonSchema {
	if (isNonNullType(type)) return schemaOfType(type.ofType as GraphQLOutputType);
	if (isListType(type)) return { type: "array", items: schemaOfType(type.ofType) };
	if (isEnumType(type)) return { type: "string", enum: type.getValues().map(({ name }) => name) };
	if (isObjectType(type)) return { $ref: `#/components/schemas/${type.name}` };
	return SCALARS[type.name] ?? {};
}

/** @param resolved fields that GraphQL asks others for: over REST they are not there */
export function schemaOfObject(type: GraphQLObjectType, resolved: ReadonlySet<string>): JsonSchema {
	const fields = Object.values(type.getFields()).filter(({ name }) => !resolved.has(name));
	return {
		type: "object",
		...(type.description && { description: type.description }),
		properties: Object.fromEntries(
			fields.map(({ name, description, type: of }) => {
				const schema = schemaOfType(of);
				return [name, isNonNullType(of) ? { ...schema, ...(description && { description }) } : nullable(schema)];
			}),
		),
	};
}

function nullable(schema: JsonSchema): JsonSchema {
	return { anyOf: [schema, { type: "null" }] };
}
