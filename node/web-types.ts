import fs from "node:fs";
import path from "node:path";
import {
	buildSchema,
	Kind,
	parse,
	print,
	validate,
	type DocumentNode,
	type FragmentDefinitionNode,
	type GraphQLSchema,
	type OperationDefinitionNode,
} from "graphql";
import { projectRoot } from "./project";
import { enumType, inputTypes, selectionType, variablesType } from "./web-type-texts";

/** Where front ends keep their operations: the web shop, and the example of another one. */
export const FRONT_ENDS = ["public/src/graphql", "examples/front-end"];

const SCHEMA = path.join(projectRoot, "services/gateway/schema.graphql");

const HEAD = `// Made from the operations in this folder and the gateway's schema: npm run web:types. Not for editing.

/** An operation as text, with the types of its answer and its variables; those exist for the compiler alone. */
export interface Document<Result, Variables> {
	readonly text: string;
	readonly types?: (variables: Variables) => Result;
}
`;

/** The GraphQL operations of a folder as typed documents. @throws when one does not fit the schema */
export function webDocuments(folder: string): string {
	const schema = buildSchema(fs.readFileSync(SCHEMA, "utf8"));
	const files = fs.readdirSync(folder).filter((name) => name.endsWith(".graphql"));
	const document = parse(files.map((name) => fs.readFileSync(path.join(folder, name), "utf8")).join("\n"));
	const problems = validate(schema, document);
	if (problems.length > 0) throw new Error(`The operations of ${folder}: ${problems.map(String).join("\n")}`);
	return textOf(schema, document);
}

function textOf(schema: GraphQLSchema, document: DocumentNode): string {
	const fragments = new Map<string, FragmentDefinitionNode>();
	const operations: OperationDefinitionNode[] = [];
	for (const definition of document.definitions) {
		if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
		if (definition.kind === Kind.OPERATION_DEFINITION) operations.push(definition);
	}
	const used = { enums: new Set<string>(), inputs: new Set<string>() };
	const fragmentTypes = [...fragments.values()].map(({ name, typeCondition, selectionSet }) => {
		const type = schema.getType(typeCondition.name.value)!;
		return `export type ${name.value} = ${selectionType(type, selectionSet, used)};`;
	});
	const documents = operations.map((operation) => {
		const name = operation.name!.value;
		const root = schema.getRootType(operation.operation)!;
		const result = selectionType(root, operation.selectionSet, used);
		const variables = variablesType(schema, operation, used);
		const text = [operation, ...fragmentsOf(operation, fragments)].map(compact).join(" ");
		return `export const ${name}: Document<${result}, ${variables}> = { text: ${JSON.stringify(text)} };`;
	});
	const inputs = inputTypes(schema, used);
	const enums = [...used.enums].toSorted().map((name) => enumType(schema, name));
	return [HEAD, ...enums, ...inputs, ...fragmentTypes, ...documents].join("\n\n") + "\n";
}

/** Those that it spreads, and those that they spread, each once. */
function fragmentsOf(
	operation: OperationDefinitionNode,
	all: ReadonlyMap<string, FragmentDefinitionNode>,
): FragmentDefinitionNode[] {
	const found = new Set<FragmentDefinitionNode>();
	const look = (text: string): void => {
		for (const [, name] of text.matchAll(/\.\.\.(\w+)/g)) {
			const fragment = all.get(name!)!;
			if (found.has(fragment)) continue;
			found.add(fragment);
			look(print(fragment.selectionSet));
		}
	};
	look(print(operation));
	return [...found];
}

function compact(node: Parameters<typeof print>[0]): string {
	return print(node).replaceAll(/\s+/g, " ");
}

if (require.main === module) {
	const [named] = process.argv.slice(2);
	const folders = named ? [path.resolve(named)] : FRONT_ENDS.map((folder) => path.join(projectRoot, folder));
	for (const folder of folders) fs.writeFileSync(path.join(folder, "documents.ts"), webDocuments(folder));
}
