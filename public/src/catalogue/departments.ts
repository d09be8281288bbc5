import { computed, shallowRef } from "vue";
import { Categories } from "../graphql/documents";
import { ask } from "../graphql/client";

interface Category {
	id: string;
	slug: string;
	name: string;
	parent: { id: string } | null;
}

export interface Department extends Category {
	children: Category[];
}

const all = shallowRef<readonly Category[]>();
let asked: Promise<void> | undefined;

/** The departments with their categories; empty until they are known. */
export const departments = computed<Department[]>(() => {
	const known = all.value ?? [];
	return known
		.filter(({ parent }) => parent === null)
		.map((each) => ({ ...each, children: known.filter(({ parent }) => parent?.id === each.id) }));
});

/** A shop may have none. */
export const areDepartmentsKnown = computed(() => all.value !== undefined);

/** Asked once, and again only after a failure. */
export function loadDepartments(): Promise<void> {
	asked ??= ask(Categories, {}).then(
		({ categories }) => void (all.value = categories),
		(error: unknown) => {
			asked = undefined;
			throw error;
		},
	);
	return asked;
}

export function findCategory(slug: string): Category | undefined {
	return all.value?.find((category) => category.slug === slug);
}

/** In a level of choice: all of them, in the order of the tree. */
export function allCategories(): Category[] {
	return departments.value.flatMap((department) => [department, ...department.children]);
}
