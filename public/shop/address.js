const SORTS = ["NEWEST", "NAME_ASC", "PRICE_ASC", "PRICE_DESC"];

/** Products on the first page and on each further one: full rows in two, three, four and six columns. */
export const PAGE_SIZE = 24;

/** What a page address asks for. An address that makes no sense asks for everything. */
export function readAddress(query) {
	const asked = new URLSearchParams(query);
	return {
		category: asked.get("category") ?? "",
		search: (asked.get("q") ?? "").trim().slice(0, 100),
		sort: SORTS.includes(asked.get("sort")) ? asked.get("sort") : SORTS[0],
		show: Math.max(PAGE_SIZE, Number.parseInt(asked.get("show"), 10) || 0),
	};
}

/** The address that asks for this: what stands as usual is left out. */
export function addressOf({ category, search, sort, show }) {
	const query = new URLSearchParams();
	if (category) query.set("category", category);
	if (search) query.set("q", search);
	if (sort !== SORTS[0]) query.set("sort", sort);
	if (show > PAGE_SIZE) query.set("show", String(show));
	return query.size ? `/?${query}` : "/";
}
