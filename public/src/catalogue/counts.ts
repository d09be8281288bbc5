import { computed, onMounted, onUnmounted, shallowRef, watch } from "vue";
import { ProductFacets } from "../graphql/documents";
import { ask } from "../graphql/client";
import { outcomeOf, persist } from "../graphql/persist";
import { type Wanted } from "./address";
import { areDepartmentsKnown, type Department } from "./departments";
import { filterOf } from "./product-list";

/**
 * How many of the products that are asked for stand in a department or category, whichever of them is open. Undefined
 * while that is not known: the list does without.
 */
export function useCounts(wanted: () => Wanted) {
	const byCategory = shallowRef<ReadonlyMap<string, number>>();
	const filter = computed(() => JSON.stringify(filterOf(wanted())));

	let running = new AbortController();

	const load = async (): Promise<void> => {
		running.abort();
		const { signal } = (running = new AbortController());
		await persist(() => outcomeOf(count(signal)), signal);
	};

	const count = async (signal: AbortSignal): Promise<void> => {
		try {
			const { productFacets } = await ask(ProductFacets, { filter: filterOf(wanted()) }, signal);
			byCategory.value = new Map(productFacets.map(({ category, count: each }) => [category.id, each]));
		} catch (problem) {
			if (signal.aborted) return;
			// No number is better than a wrong one; the list says when the shop is away.
			byCategory.value = undefined;
			throw problem;
		}
	};

	// Without departments there is no place for a number, and who asks for them is the list.
	const countable = computed(() => (areDepartmentsKnown.value ? filter.value : undefined));
	onMounted(() => watch(countable, (known) => known !== undefined && load(), { immediate: true }));
	onUnmounted(() => running.abort());

	return ({ id, children = [] }: Pick<Department, "id"> & Partial<Department>): number | undefined =>
		byCategory.value &&
		[id, ...children.map((child) => child.id)].reduce((sum, each) => sum + (byCategory.value!.get(each) ?? 0), 0);
}
