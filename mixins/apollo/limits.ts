import {
	GraphQLError,
	Kind,
	parse,
	visit,
	type DocumentNode,
	type FieldNode,
	type OperationDefinitionNode,
	type SelectionSetNode,
	type ValueNode,
} from "graphql";
import type { Limits } from "./options";

/** The request asks for more than one request may. */
export class TooComplexError extends GraphQLError {
	constructor(message: string) {
		super(message, { extensions: { code: "QUERY_TOO_COMPLEX", http: { status: 400 } } });
	}
}

/**
 * A parsed document stays for the next request with the same text: a front end has a few dozen of them. Those go that
 * were not asked for longest.
 */
const REMEMBERED_DOCUMENTS = 100;

export interface QueryReader {
	/**
	 * Parses the text and measures it, before anything as costly as validation looks at it.
	 * @throws {TooComplexError}
	 * @throws {GraphQLError} for a syntax error
	 */
	read(text: string, variables: Readonly<Record<string, unknown>> | null | undefined): DocumentNode;
}

export function queryReader(limits: Limits): QueryReader {
	const documents = new Map<string, DocumentNode>();

	const parsed = (text: string): DocumentNode => {
		const known = documents.get(text);
		const document = known ?? parseWithin(limits, text);
		if (known) documents.delete(text);
		else countWithin(limits, document);
		if (documents.size === REMEMBERED_DOCUMENTS) documents.delete(documents.keys().next().value!);
		documents.set(text, document);
		return document;
	};

	return {
		read(text, variables) {
			const document = parsed(text);
			measureWithin(limits, document, variables ?? {});
			return document;
		},
	};
}

function parseWithin({ characters, tokens }: Limits, text: string): DocumentNode {
	if (text.length > characters) throw new TooComplexError(`The query has more than ${characters} characters`);
	try {
		return parse(text, { maxTokens: tokens });
	} catch (error) {
		if ((error as Error).message.includes(`more that ${tokens} tokens`)) {
			throw new TooComplexError(`The query has more than ${tokens} tokens`);
		}
		throw error;
	}
}

function countWithin(limits: Limits, document: DocumentNode): void {
	let aliases = 0;
	let directives = 0;
	visit(document, {
		Field: (field) => void (field.alias && aliases++),
		Directive: () => void directives++,
	});
	if (aliases > limits.aliases) throw new TooComplexError(`The query has more than ${limits.aliases} aliases`);
	if (directives > limits.directives)
		throw new TooComplexError(`The query has more than ${limits.directives} directives`);
}

/** Walks the query as it would be executed. Each selection costs at least 1, so that the walk ends when the budget does. */
function measureWithin(limits: Limits, document: DocumentNode, variables: Readonly<Record<string, unknown>>): void {
	const fragments = new Map<string, SelectionSetNode>();
	for (const each of document.definitions) {
		if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each.selectionSet);
	}
	const open = new Set<string>();
	let cost = 0;
	let values = variables;

	const walk = (set: SelectionSetNode, depth: number, times: number): void => {
		if (depth > limits.depth) throw new TooComplexError(`The query is more than ${limits.depth} levels deep`);
		for (const selection of set.selections) {
			cost += selection.kind === Kind.FIELD ? times : 1;
			if (cost > limits.cost) throw new TooComplexError(`The query costs more than ${limits.cost}`);
			if (selection.kind === Kind.FIELD) {
				// Introspection is deep by nature; validation refuses it, or bounds it by a rule of its own.
				if (!selection.selectionSet || selection.name.value.startsWith("__")) continue;
				walk(selection.selectionSet, depth + 1, times * pageSizeOf(selection, limits, values));
			} else if (selection.kind === Kind.INLINE_FRAGMENT) {
				walk(selection.selectionSet, depth, times);
			} else {
				const { value: name } = selection.name;
				const fragment = fragments.get(name);
				// A missing or circular fragment is validation's to refuse.
				if (!fragment || open.has(name)) continue;
				open.add(name);
				walk(fragment, depth, times);
				open.delete(name);
			}
		}
	};
	for (const each of document.definitions) {
		if (each.kind !== Kind.OPERATION_DEFINITION) continue;
		values = { ...defaultsOf(each), ...variables };
		walk(each.selectionSet, 1, 1);
	}
}

/** Of the variables that are numbers; the others say nothing of how long a list is. */
function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
	return Object.fromEntries(
		variableDefinitions.flatMap(({ variable, defaultValue }) =>
			defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
		),
	);
}

function pageSizeOf(field: FieldNode, limits: Limits, variables: Readonly<Record<string, unknown>>): number {
	const argument = field.arguments?.find((each) => limits.pageArguments.includes(each.name.value));
	const asked = argument ? numberOf(argument.value, variables) : 1;
	return Math.min(Math.max(asked, 1), limits.pageSize);
}

/** NaN never gets here: what is no number counts as 1, and coercion refuses it later. */
function numberOf(value: ValueNode, variables: Readonly<Record<string, unknown>>): number {
	if (value.kind === Kind.INT) return Number(value.value);
	const given = value.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
	return typeof given === "number" && !Number.isNaN(given) ? given : 1;
}
