import { onScopeDispose, ref, shallowRef, watch } from "vue";
import { Products, type ProductCard, type ProductFilter } from "../graphql/documents";
import { ask } from "../graphql/client";
import { persist, type Outcome } from "../graphql/persist";
import { toShopError, type ShopError } from "../graphql/shop-error";
import { announce } from "../ui/announce";
import { minorUnits } from "../ui/money";
import { findCategory, loadDepartments } from "./departments";
import { PAGE_SIZE, type Wanted } from "./address";

export interface ProductListing {
	items: readonly ProductCard[];
	totalItems: number;
}

/** Lists of this visit by what was asked: going back shows what one came from, while it is asked for anew. */
const seen = new Map<string, ProductListing>();
const SEEN_MAX = 50;

/** Every price of a shop is in one currency; until one was seen, in hundredths like most. */
let units = 100;

export function useProductList(wanted: () => Wanted) {
	const list = shallowRef<ProductListing | undefined>(seen.get(JSON.stringify(wanted())));
	/** The list that is shown is the one before, until that which is asked for is there. */
	const isOld = ref(false);
	const loading = ref(true);
	const error = shallowRef<ShopError>();
	let running = new AbortController();

	const load = async (): Promise<void> => {
		running.abort();
		const { signal } = (running = new AbortController());
		const asked = wanted();
		const known = seen.get(JSON.stringify(asked));
		list.value = known ?? list.value;
		isOld.value = known === undefined;
		loading.value = true;
		error.value = undefined;
		await persist(() => attempt(asked, signal), signal);
	};

	const attempt = async (asked: Wanted, signal: AbortSignal): Promise<Outcome> => {
		try {
			const found = await find(asked, signal);
			if (signal.aborted) return undefined;
			list.value = found;
			error.value = undefined;
			remember(JSON.stringify(asked), found);
			if (asked.q) announce(found.totalItems === 1 ? "1 product found" : `${found.totalItems} products found`);
		} catch (problem) {
			if (signal.aborted) return undefined;
			// What was found before, or with another question, must not look like the answer.
			list.value = undefined;
			error.value = toShopError(problem);
		}
		isOld.value = false;
		loading.value = false;
		return error.value;
	};

	if (typeof window !== "undefined") watch(wanted, load, { immediate: true });
	onScopeDispose(() => running.abort());
	return { list, isOld, loading, error, load };
}

/** What the address asks for, as the shop filters; the category is known by its id there. */
export function filterOf({ q, min, max, stock }: Wanted): ProductFilter {
	return {
		...(q && { search: q }),
		...(min && { minPrice: Math.round(Number(min) * units) }),
		...(max && { maxPrice: Math.round(Number(max) * units) }),
		...(stock && { inStock: true }),
	};
}

async function find(wanted: Wanted, signal: AbortSignal): Promise<ProductListing> {
	const { category, sort, page } = wanted;
	// The shop filters by a category's id; its slug is for the address.
	if (category) await loadDepartments();
	const categoryId = category ? findCategory(category)?.id : undefined;
	if (category && categoryId === undefined) return { items: [], totalItems: 0 };
	const filter = { ...filterOf(wanted), ...(categoryId && { categoryId }) };
	const variables = { filter, sort, skip: (page - 1) * PAGE_SIZE, take: PAGE_SIZE };
	const { products } = await ask(Products, variables, signal);
	const currency = products.items[0]?.price.currency;
	if (currency) units = minorUnits(currency);
	return products;
}

function remember(key: string, found: ProductListing): void {
	seen.delete(key);
	seen.set(key, found);
	if (seen.size > SEEN_MAX) seen.delete(seen.keys().next().value!);
}
