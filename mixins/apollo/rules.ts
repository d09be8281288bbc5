import {
	GraphQLError,
	Kind,
	NoSchemaIntrospectionCustomRule,
	OperationTypeNode,
	type SelectionSetNode,
	type ValidationRule,
} from "graphql";
import type { Settings } from "./options";

/** HTTP and WebSocket validate alike: graphql-js' own rules, and these. */
export function validationRules({ development }: Settings): ValidationRule[] {
	return [AlwaysSomethingToFollow, ...(development ? [] : [NoSchemaIntrospectionCustomRule])];
}

/**
 * A subscription whose only field is left out by @skip or @include follows nothing, and graphql-js 16 fails on it with
 * a TypeError. Newer versions of the specification forbid both there, as this does.
 */
const AlwaysSomethingToFollow: ValidationRule = (context) => ({
	OperationDefinition({ operation, selectionSet }) {
		if (operation !== OperationTypeNode.SUBSCRIPTION) return;
		const seen = new Set<string>();
		const look = ({ selections }: SelectionSetNode): void => {
			for (const selection of selections) {
				const directive = selection.directives?.find(({ name }) => name.value === "skip" || name.value === "include");
				if (directive) {
					const message = `The field of a subscription can't be left out by @${directive.name.value}.`;
					context.reportError(new GraphQLError(message, { nodes: directive }));
				}
				if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
				if (selection.kind !== Kind.FRAGMENT_SPREAD || seen.has(selection.name.value)) continue;
				seen.add(selection.name.value);
				const fragment = context.getFragment(selection.name.value);
				if (fragment) look(fragment.selectionSet);
			}
		};
		look(selectionSet);
	},
});
