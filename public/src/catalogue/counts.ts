import { computed, onMounted, shallowRef, watch } from "vue";
import { ProductFacets } from "../graphql/documents";
import { ask } from "../graphql/client";
import { type Wanted } from "./address";
import { loadDepartments, type Department } from "./departments";
import { filterOf } from "./product-list";

/**
 * How many of the products that are asked for stand in a department or category, whichever of them is open. Undefined
 * while that is not known: the list does without.
 */
export function useCounts(wanted: () => Wanted) {
	const byCategory = shallowRef<ReadonlyMap<string, number>>();
	const filter = computed(() => JSON.stringify(filterOf(wanted())));

	const load = async (): Promise<void> => {
		const asked = filter.value;
		try {
			// The list comes first, and there is no place for a number yet.
			await loadDepartments();
			const { productFacets } = await ask(ProductFacets, { filter: filterOf(wanted()) });
			if (filter.value !== asked) return;
			byCategory.value = new Map(productFacets.map(({ category, count }) => [category.id, count]));
		} catch {
			// No number is better than a wrong one; the list says when the shop is away.
			if (filter.value === asked) byCategory.value = undefined;
		}
	};

	onMounted(() => watch(filter, load, { immediate: true }));

	return ({ id, children = [] }: Pick<Department, "id"> & Partial<Department>): number | undefined =>
		byCategory.value &&
		[id, ...children.map((child) => child.id)].reduce((sum, each) => sum + (byCategory.value!.get(each) ?? 0), 0);
}
