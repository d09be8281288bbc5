import {
	isEnumType,
	isInputObjectType,
	isListType,
	isNonNullType,
	isObjectType,
	Kind,
	typeFromAST,
	type GraphQLEnumType,
	type GraphQLInputObjectType,
	type GraphQLNamedType,
	type GraphQLSchema,
	type GraphQLType,
	type OperationDefinitionNode,
	type SelectionSetNode,
} from "graphql";

/** Names that a text refers to, so that they get a declaration of their own. */
export interface Used {
	enums: Set<string>;
	inputs: Set<string>;
}

const SCALARS: Record<string, string> = {
	ID: "string",
	String: "string",
	DateTime: "string",
	Int: "number",
	Float: "number",
	Boolean: "boolean",
};

/** The TypeScript type of what a selection answers. Fragments keep their names. */
export function selectionType(type: GraphQLType, { selections }: SelectionSetNode, used: Used): string {
	if (!isObjectType(type)) throw new Error(`The web shop selects fields of ${String(type)}, which is not an object`);
	const spreads: string[] = [];
	const fields: string[] = [];
	for (const selection of selections) {
		if (selection.kind === Kind.FRAGMENT_SPREAD) spreads.push(selection.name.value);
		else if (selection.kind === Kind.FIELD) {
			const name = selection.name.value;
			const field = type.getFields()[name]!;
			fields.push(`${selection.alias?.value ?? name}: ${outputType(field.type, selection.selectionSet, used)}`);
		} else throw new Error("The web shop's operations have no inline fragments");
	}
	return [...spreads, ...(fields.length > 0 ? [`{ ${fields.join("; ")} }`] : [])].join(" & ");
}

function outputType(type: GraphQLType, selections: SelectionSetNode | undefined, used: Used): string {
	if (isNonNullType(type)) return bareType(type.ofType, selections, used);
	return `${bareType(type, selections, used)} | null`;
}

function bareType(type: GraphQLType, selections: SelectionSetNode | undefined, used: Used): string {
	if (isListType(type)) return `readonly (${outputType(type.ofType, selections, used)})[]`;
	return selections ? selectionType(type, selections, used) : leafType(type as GraphQLNamedType, used);
}

function leafType(type: GraphQLNamedType, used: Used): string {
	if (isEnumType(type)) used.enums.add(type.name);
	else if (isInputObjectType(type)) used.inputs.add(type.name);
	else return SCALARS[type.name] ?? "unknown";
	return type.name;
}

export function variablesType(schema: GraphQLSchema, operation: OperationDefinitionNode, used: Used): string {
	const fields = (operation.variableDefinitions ?? []).map(({ variable, type }) =>
		inputField(variable.name.value, typeFromAST(schema, type as never)!, used),
	);
	return fields.length > 0 ? `{ ${fields.join("; ")} }` : "Record<string, never>";
}

function inputField(name: string, type: GraphQLType, used: Used): string {
	if (isNonNullType(type)) return `${name}: ${inputType(type.ofType, used)}`;
	return `${name}?: ${inputType(type, used)} | null | undefined`;
}

function inputType(type: GraphQLType, used: Used): string {
	if (isNonNullType(type)) return inputType(type.ofType, used);
	if (isListType(type)) return `readonly ${inputType(type.ofType, used)}[]`;
	return leafType(type as GraphQLNamedType, used);
}

/** Every input object that is used, and those inside them. */
export function inputTypes(schema: GraphQLSchema, used: Used): string[] {
	const texts: string[] = [];
	// A set that grows while it is gone through shows what was added, too.
	for (const name of used.inputs) {
		const fields = Object.values((schema.getType(name) as GraphQLInputObjectType).getFields());
		texts.push(
			`export interface ${name} { ${fields.map((field) => inputField(field.name, field.type, used)).join("; ")} }`,
		);
	}
	return texts;
}

export function enumType(schema: GraphQLSchema, name: string): string {
	const values = (schema.getType(name) as GraphQLEnumType).getValues();
	return `export type ${name} = ${values.map((value) => JSON.stringify(value.name)).join(" | ")};`;
}
