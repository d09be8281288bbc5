import { ask } from "./shop/graphql.js";
import { addressOf, PAGE_SIZE, readAddress } from "./shop/address.js";
import { cardOf, ghosts } from "./shop/cards.js";
import { button, notice } from "./shop/notices.js";
import { departments, drawDepartments, findCategory, markCurrent } from "./shop/departments.js";

/** The most that one query may take; a reload of a longer list starts again with this many. */
const TAKE_MAX = 100;

/** A pause this long in typing is the end of a word. */
const TYPING_PAUSE_MS = 250;

const PRODUCTS = `query Products($filter: ProductFilter, $sort: ProductSort, $skip: Int, $take: Int) {
	products(filter: $filter, sort: $sort, skip: $skip, take: $take) {
		totalItems
		items { id name slug description imageUrl price { amount currency } availableQuantity category { name } }
	}
}`;

const nav = document.querySelector(".departments");
const main = document.querySelector("main");
const heading = main.querySelector("h1");
const count = main.querySelector(".count");
const sort = main.querySelector("select");
const notices = main.querySelector(".notices");
const list = main.querySelector(".products");
const more = main.querySelector(".more button");
const search = document.querySelector("#search");

let wanted = readAddress(location.search);
let running = new AbortController();

/** Changes what is shown. `history` says whether the back button should return to what was there before. */
function go(change, history) {
	wanted = { ...wanted, show: PAGE_SIZE, ...change };
	window.history[`${history}State`](null, "", addressOf(wanted));
	return load();
}

/** Shows what `wanted` describes. A newer call ends an older one, so answers never overtake each other. */
async function load() {
	running.abort();
	running = new AbortController();
	const { signal } = running;
	search.value = search === document.activeElement ? search.value : wanted.search;
	sort.value = wanted.sort;
	markCurrent(nav, wanted);
	if (!wanted.category) title();
	waiting(true);
	try {
		const tree = departments().then((tree) => drawDepartments(nav, tree, wanted));
		tree.catch(() => nav.querySelectorAll(".ghost").forEach((ghost) => ghost.remove()));
		// The address has the category's slug and the query needs its id; without one, nothing waits for the tree.
		const category = wanted.category ? findCategory(await tree, wanted.category) : undefined;
		if (signal.aborted) return;
		title(category?.name);
		if (wanted.category && !category) return nothing("There is no such department", "It may have been renamed.");
		const page = await products(category, 0, Math.min(wanted.show, TAKE_MAX), signal);
		list.replaceChildren(...page.items.map(cardOf));
		settled(page.totalItems);
		if (page.totalItems === 0) nothing(...whyNothing(category));
	} catch (error) {
		if (!signal.aborted) failed(error, load);
	} finally {
		if (!signal.aborted) waiting(false);
	}
}

async function loadMore() {
	const { signal } = running;
	const shown = list.children.length;
	const placeholders = ghosts(PAGE_SIZE);
	more.disabled = true;
	clearNotices();
	list.append(...placeholders);
	try {
		const category = wanted.category && findCategory(await departments(), wanted.category);
		const page = await products(category, shown, PAGE_SIZE, signal);
		placeholders.forEach((ghost) => ghost.remove());
		if (signal.aborted) return;
		// A product that was added meanwhile pushes the others along, and the last one would come twice.
		const known = new Set([...list.children].map((card) => card.dataset.id));
		const cards = page.items.filter(({ id }) => !known.has(id)).map(cardOf);
		list.append(...cards);
		settled(cards.length ? page.totalItems : list.children.length);
		wanted.show = list.children.length;
		history.replaceState(null, "", addressOf(wanted));
		cards[0]?.focus({ preventScroll: true });
	} catch (error) {
		placeholders.forEach((ghost) => ghost.remove());
		if (!signal.aborted) failed(error, loadMore, more.parentElement);
	} finally {
		more.disabled = false;
	}
}

async function products(category, skip, take, signal) {
	const filter = { search: wanted.search || undefined, categoryId: category?.id };
	return (await ask(PRODUCTS, { filter, sort: wanted.sort, skip, take }, signal)).products;
}

function title(place) {
	const words = wanted.search ? [`“${wanted.search}”`, place && `in ${place}`] : [place];
	const text = words.filter(Boolean).join(" ");
	heading.textContent = text || "Everything";
	document.title = text ? `${text} · Molecart` : "Molecart";
}

/** The first time there are ghosts; later the old products stay, dimmed, until the new ones are there. */
function waiting(isWaiting) {
	list.setAttribute("aria-busy", String(isWaiting));
	if (!isWaiting) return list.querySelectorAll(".ghost").forEach((ghost) => ghost.remove());
	clearNotices();
	more.hidden = true;
	if (list.children.length === 0) list.append(...ghosts(PAGE_SIZE));
}

function settled(totalItems) {
	const shown = list.children.length;
	const all = totalItems === 1 ? "1 product" : `${totalItems} products`;
	count.textContent = shown < totalItems ? `${shown} of ${all}` : all;
	more.hidden = shown >= totalItems;
}

function whyNothing(category) {
	if (wanted.search && category)
		return [`Nothing in ${category.name} matches`, "A shorter word may find it, or another department."];
	if (wanted.search) return ["Nothing matches", "Try a shorter word, or another name for it."];
	if (category) return [`${category.name} is empty`, "Nothing stands on this shelf yet."];
	return ["The shop is empty", "Run “npm run seed” to fill it with the demo catalogue."];
}

function nothing(what, hint) {
	list.replaceChildren();
	settled(0);
	const box = notice(what, hint);
	if (wanted.category && wanted.search) box.append(button("Search every department", leaveCategory));
	else if (wanted.category) box.append(button("Show everything", leaveCategory));
	else if (wanted.search) box.append(button("Show everything", clearSearch));
	notices.replaceChildren(box);
}

function leaveCategory() {
	main.focus({ preventScroll: true });
	return go({ category: "" }, "push");
}

function clearSearch() {
	search.value = "";
	search.focus();
	return go({ search: "" }, "push");
}

/** Says what went wrong where the person is looking, with a way to try again. */
function failed(error, retry, before) {
	if (!before) {
		list.replaceChildren();
		count.textContent = "";
	}
	const box = notice("The products could not be loaded", error.message);
	box.setAttribute("role", "alert");
	box.append(button("Try again", () => (box.remove(), main.focus({ preventScroll: true }), retry())));
	if (before) before.before(box);
	else notices.replaceChildren(box);
}

function clearNotices() {
	main.querySelectorAll(".notice").forEach((box) => box.remove());
}

let typing;
search.addEventListener("input", () => {
	clearTimeout(typing);
	typing = setTimeout(() => go({ search: search.value.trim() }, "replace"), TYPING_PAUSE_MS);
});

search.form.addEventListener("submit", (event) => {
	event.preventDefault();
	clearTimeout(typing);
	return go({ search: search.value.trim() }, "push");
});

sort.addEventListener("change", () => go({ sort: sort.value }, "push"));
more.addEventListener("click", loadMore);

nav.addEventListener("click", (event) => {
	const link = event.target.closest("a");
	if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
	event.preventDefault();
	return go({ category: link.dataset.category ?? "" }, "push");
});

addEventListener("popstate", () => {
	const asked = readAddress(location.search);
	// A jump within the page, such as to the GraphQL desk, comes by here as well.
	if (addressOf(asked) === addressOf(wanted)) return;
	wanted = asked;
	search.value = wanted.search;
	return load();
});

void load();
