import {
	getNamedType,
	getNullableType,
	isEnumType,
	isInputObjectType,
	isListType,
	isNonNullType,
	isObjectType,
	type GraphQLArgument,
	type GraphQLField,
	type GraphQLInputType,
	type GraphQLObjectType,
	type GraphQLSchema,
} from "graphql";
import type { Chance } from "./chance";
import { mangle, type Values } from "./values";

export interface Operation {
	query: unknown;
	variables?: unknown;
	operationName?: unknown;
	extensions?: unknown;
}

type Root = "query" | "mutation" | "subscription";

/** Operations by the schema's own grammar, some of them a little off. */
export function operationsBy(chance: Chance, schema: GraphQLSchema, values: Values) {
	let variables: Record<string, unknown> = {};
	let declared: string[] = [];
	let fragments: string[] = [];

	/** @param name of the fields and arguments on the way here */
	function inputOf(type: GraphQLInputType, name: string): unknown {
		if (chance.is(0.03)) return values.nonsense();
		if (!isNonNullType(type) && chance.is(0.1)) return null;
		const bare = getNullableType(type);
		if (isListType(bare)) return [inputOf(bare.ofType, name)];
		if (isEnumType(bare)) return chance.one(bare.getValues()).name;
		if (isInputObjectType(bare)) {
			const given = Object.values(bare.getFields()).filter((field) =>
				chance.is(isNonNullType(field.type) ? 0.97 : 0.5),
			);
			const object = Object.fromEntries(
				given.map((field) => [field.name, inputOf(field.type, nameIn(name, field.name))]),
			);
			return chance.is(0.03) ? { ...object, role: "ADMIN" } : object;
		}
		const { name: scalar } = getNamedType(bare);
		if (scalar === "Int") return values.int();
		if (scalar === "ID") return values.id(name);
		if (scalar === "Boolean") return values.boolean();
		return values.text(name);
	}

	/** As it stands in a query. */
	function literal(value: unknown, type: GraphQLInputType): string {
		if (Array.isArray(value)) return `[${value.map((each) => literal(each, type)).join(", ")}]`;
		if (typeof value === "object" && value !== null) {
			const fields = Object.entries(value).filter(([name]) => /^[_a-z]\w*$/i.test(name));
			return `{ ${fields.map(([name, each]) => `${name}: ${literal(each, type)}`).join(", ")} }`;
		}
		if (isEnumType(getNamedType(type)) && typeof value === "string") return value;
		return JSON.stringify(value) ?? "null";
	}

	function argument({ name, type }: GraphQLArgument, of: string): string {
		const value = inputOf(type, nameIn(of, name));
		if (chance.is(0.3) && !isInputObjectType(getNamedType(type))) return `${name}: ${literal(value, type)}`;
		const variable = `v${declared.length}`;
		declared.push(`$${variable}: ${chance.is(0.02) ? "String" : String(type)}`);
		if (!chance.is(0.02)) variables[variable] = value;
		return `${name}: $${variable}`;
	}

	function fieldOf(field: GraphQLField<unknown, unknown>, depth: number): string {
		const given = field.args.filter(({ type }) => chance.is(isNonNullType(type) ? 0.98 : 0.4));
		const args = given.length > 0 ? `(${given.map((each) => argument(each, field.name)).join(", ")})` : "";
		const alias = chance.is(0.1) ? `a${chance.below(3)}: ` : "";
		const directive = chance.is(0.05) ? ` @${chance.one(["include", "skip"])}(if: ${chance.is(0.5)})` : "";
		const type = getNamedType(field.type);
		const name = chance.is(0.01) ? `${field.name}s` : field.name;
		return `${alias}${name}${args}${directive}${isObjectType(type) ? selectionOf(type, depth + 1) : ""}`;
	}

	function selectionOf(type: GraphQLObjectType, depth: number): string {
		const all = Object.values(type.getFields());
		const flat = all.filter((field) => !isObjectType(getNamedType(field.type)));
		const choices = depth > 4 && !chance.is(0.03) ? flat : all;
		const chosen = chance.some(choices.length > 0 ? choices : all, 5).map((field) => fieldOf(field, depth));
		const body = ["__typename", ...chosen].join(" ");
		if (chance.is(0.05)) return `{ ... on ${type.name} { ${body} } }`;
		if (chance.is(0.05)) {
			const name = `F${fragments.length}`;
			fragments.push("");
			fragments[Number(name.slice(1))] =
				`fragment ${name} on ${type.name} { ${body} ${chance.is(0.05) ? `...${name}` : ""} }`;
			return `{ ...${name} }`;
		}
		return ` { ${body} }`;
	}

	return {
		operation(kinds: readonly Root[]): Operation {
			[variables, declared, fragments] = [{}, [], []];
			const kind = chance.one(kinds);
			const root = { query: "Query", mutation: "Mutation", subscription: "Subscription" }[kind];
			const fields = Object.values((schema.getType(root) as GraphQLObjectType).getFields());
			const count = chance.is(0.85) ? 1 : 1 + chance.below(3);
			const body = Array.from({ length: count }, (_, index) => {
				const field = fieldOf(chance.one(fields), 0);
				return count > 1 && !field.startsWith("a") ? `r${index}: ${field}` : field;
			}).join(" ");
			const name = chance.is(0.3) ? " Op" : "";
			const query = `${kind}${name || (declared.length > 0 ? " Op" : "")}${declared.length > 0 ? `(${declared.join(", ")})` : ""} { ${body} } ${fragments.join(" ")}`;
			return {
				query: chance.is(0.08) ? mangle(query, chance) : chance.is(0.01) ? values.nonsense() : query,
				...(chance.is(0.95) ? { variables: chance.is(0.02) ? values.nonsense() : variables } : {}),
				...(chance.is(0.05) ? { operationName: chance.is(0.5) ? "Op" : values.nonsense() } : {}),
				...(chance.is(0.02) ? { extensions: values.nonsense() } : {}),
			};
		},
	};
}

/** An id says of what it is in its own name, or in the name of what takes it. */
function nameIn(outer: string, name: string): string {
	return name === "id" ? `${outer} id` : name;
}
