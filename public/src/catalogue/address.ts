import type { LocationQuery } from "vue-router";
import type { ProductSort } from "../graphql/documents";
import { pageNumber } from "../ui/pages";

/** Full rows in two, three and four columns. */
export const PAGE_SIZE = 24;

export const SORTS: readonly { sort: ProductSort; name: string }[] = [
	{ sort: "NEWEST", name: "Newest" },
	{ sort: "NAME_ASC", name: "Name" },
	{ sort: "PRICE_ASC", name: "Price, lowest first" },
	{ sort: "PRICE_DESC", name: "Price, highest first" },
];

/** What the list shows, as its address says. Prices are in whole units of the currency. */
export interface Wanted {
	q: string;
	category: string;
	min: string;
	max: string;
	stock: boolean;
	sort: ProductSort;
	page: number;
}

/** An address that makes no sense asks for everything. */
export function readAddress(query: LocationQuery): Wanted {
	const text = (name: string): string => (typeof query[name] === "string" ? query[name] : "");
	const price = (name: string): string => /^\d{1,7}(\.\d{1,2})?$/.exec(text(name))?.[0] ?? "";
	return {
		q: text("q").trim().slice(0, 100),
		category: text("category"),
		min: price("min"),
		max: price("max"),
		stock: text("stock") === "1",
		sort: SORTS.find(({ sort }) => sort === text("sort"))?.sort ?? "NEWEST",
		page: pageNumber(text("page"), PAGE_SIZE),
	};
}

/** The address that asks for this; what is as usual is left out. */
export function addressOf({ q, category, min, max, stock, sort, page }: Wanted) {
	const query = {
		...(q && { q }),
		...(category && { category }),
		...(min && { min }),
		...(max && { max }),
		...(stock && { stock: "1" }),
		...(sort !== "NEWEST" && { sort }),
		...(page > 1 && { page: String(page) }),
	};
	return { path: "/", query };
}

/** Nothing is asked but to see what there is. */
export function isFrontPage({ q, category, min, max, stock, page }: Wanted): boolean {
	return !q && !category && !min && !max && !stock && page === 1;
}
