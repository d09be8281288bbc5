import { Kind, type DocumentNode, type FragmentDefinitionNode, type SelectionSetNode } from "graphql";

const known = new WeakMap<DocumentNode, readonly string[]>();

/** The names of the fields that a document's operations begin with; a document that is read again is not walked again. */
export function rootFieldsOf(document: DocumentNode): readonly string[] {
	const names = known.get(document) ?? collect(document);
	known.set(document, names);
	return names;
}

function collect({ definitions }: DocumentNode): readonly string[] {
	const names = new Set<string>();
	const seen = new Set<FragmentDefinitionNode>();
	const look = ({ selections }: SelectionSetNode): void => {
		for (const selection of selections) {
			if (selection.kind === Kind.FIELD) names.add(selection.name.value);
			else if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
			else {
				const name = selection.name.value;
				const fragment = definitions.find(
					(each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name,
				) as FragmentDefinitionNode | undefined;
				// A missing or circular fragment is validation's to refuse.
				if (!fragment || seen.has(fragment)) continue;
				seen.add(fragment);
				look(fragment.selectionSet);
			}
		}
	};
	for (const each of definitions) if (each.kind === Kind.OPERATION_DEFINITION) look(each.selectionSet);
	return [...names];
}
