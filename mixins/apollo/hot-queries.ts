import {
	getOperationAST,
	GraphQLError,
	OperationTypeNode,
	specifiedRules,
	validate,
	type DocumentNode,
	type ExecutionResult,
	type GraphQLSchema,
	type VariableDefinitionNode,
} from "graphql";
import { getVariableValues } from "graphql/execution/values";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import type { GraphQLContext } from "./context";
import type { Settings } from "./options";
import { validationRules } from "./rules";

/** Compiling costs as much as some ten executions: what is asked once or twice isn't worth it. */
const HOT_AFTER = 3;

/** A front end has a few dozen queries. Of more than this those go that were not asked for longest. */
const HOT_MAX = 200;

type Variables = Record<string, unknown>;

/** A query that is ready to run. */
export type HotQuery = (context: GraphQLContext) => ExecutionResult | Promise<ExecutionResult>;

/** The queries of one schema that come again and again, each compiled into JavaScript of its own by graphql-jit. */
export interface HotQueries {
	/** @returns undefined for whatever Apollo has to look at: anything new, wrong, or that changes something */
	find(document: DocumentNode, operationName: string | undefined, variables: Variables): HotQuery | undefined;
}

interface Seen {
	times: number;
	run?: (context: GraphQLContext, variables: Variables) => ExecutionResult | Promise<ExecutionResult>;
	variables: readonly VariableDefinitionNode[];
}

export function hotQueries(schema: GraphQLSchema, settings: Settings): HotQueries {
	/** By document, of which the reader keeps one for each text, then by the operation's name. */
	const seen = new WeakMap<DocumentNode, Map<string, Seen>>();
	/** Those that are compiled, in the order in which they were last asked for. */
	const hot = new Set<Seen>();

	const compiled = (document: DocumentNode, name: string | undefined): Partial<Seen> => {
		const operation = getOperationAST(document, name);
		if (operation?.operation !== OperationTypeNode.QUERY) return {};
		if (validate(schema, document, [...specifiedRules, ...validationRules(settings)], { maxErrors: 1 }).length > 0)
			return {};
		const query = compileQuery(schema, document, name);
		if (!isCompiledQuery(query)) return {};
		return {
			run: (context, variables) => query.query(undefined, context, variables),
			variables: operation.variableDefinitions ?? [],
		};
	};

	const keep = (one: Seen): void => {
		hot.delete(one);
		hot.add(one);
		if (hot.size <= HOT_MAX) return;
		const [coldest] = hot as Iterable<Seen> as [Seen];
		hot.delete(coldest);
		Object.assign(coldest, { times: 0, run: undefined });
	};

	const seenAgain = (document: DocumentNode, name: string | undefined): Seen => {
		let operations = seen.get(document);
		if (!operations) seen.set(document, (operations = new Map()));
		let one = operations.get(name ?? "");
		// A name that the document doesn't have is never hot, but each would be remembered.
		if (!one && operations.size > 10) return { times: 0, variables: [] };
		if (!one) operations.set(name ?? "", (one = { times: 0, variables: [] }));
		one.times++;
		if (one.times === HOT_AFTER) Object.assign(one, compiled(document, name));
		if (one.run) keep(one);
		return one;
	};

	return {
		find(document, operationName, variables) {
			const { run, variables: declared } = seenAgain(document, operationName);
			if (!run) return undefined;
			// Bad variables are graphql-js' to explain.
			if (declared.length > 0 && !("coerced" in getVariableValues(schema, declared, variables, { maxErrors: 1 })))
				return undefined;
			return (context) => run(context, variables);
		},
	};
}

/** graphql-jit's errors look like graphql-js', but lack what its formatting counts on. */
export function asGraphQLError(error: GraphQLError): GraphQLError {
	const { message, path, locations, originalError } = error;
	const proper = new GraphQLError(message, { path, originalError });
	return Object.defineProperty(proper, "locations", { value: locations });
}
