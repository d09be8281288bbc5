/** What was asked for, as far as it can be a reason for finding nothing. */
export interface Asked {
	q: string;
	category: string;
	min: string;
	max: string;
	stock: boolean;
}

/** Why a list is empty, and what may help: only what is so is said. */
export function nothingInWords(wanted: Asked, pages: number): { title: string; text: string } {
	const { q } = wanted;
	if (pages > 0) return { title: "The list ends before this page", text: pagesInWords(pages) };
	if (q) return { title: `Nothing here is called “${q}”`, text: otherWords(wanted) };
	if (hasFilters(wanted))
		return { title: "Nothing fits all of your filters", text: "With fewer of them there may be more." };
	if (wanted.category) return { title: "This shelf is empty", text: "Nothing stands in this department just now." };
	return { title: "The shop is still empty", text: "Nothing is on sale yet. Come back a little later." };
}

export function hasFilters({ min, max, stock }: Asked): boolean {
	return min !== "" || max !== "" || stock;
}

function otherWords(wanted: Asked): string {
	const ways = "A shorter word may find it, or another name for it";
	return hasFilters(wanted) ? `${ways}, or fewer filters.` : `${ways}.`;
}

const pagesInWords = (pages: number): string => (pages === 1 ? "It has one page." : `It has ${pages} pages.`);
