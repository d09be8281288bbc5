import { computed, type ComputedRef } from "vue";
import { useRoute } from "vue-router";

/** The shop leaves out so many at most. */
const SKIP_MAX = 10_000;

/** The last page that can be asked for. */
export const lastPage = (totalItems: number, pageSize: number): number =>
	Math.min(Math.ceil(totalItems / pageSize), Math.floor(SKIP_MAX / pageSize) + 1);

/** What an address means by a page; what makes no sense is the first. */
export function pageNumber(text: unknown, pageSize: number): number {
	const page = Number.parseInt(String(text), 10) || 1;
	return Math.min(Math.max(1, page), lastPage(Number.POSITIVE_INFINITY, pageSize));
}

/** Which page of a list the address asks for. */
export function usePageNumber(pageSize: number): ComputedRef<number> {
	const route = useRoute();
	return computed(() => pageNumber(route.query["page"], pageSize));
}
