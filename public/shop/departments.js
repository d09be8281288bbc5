import { addressOf } from "./address.js";
import { ask } from "./graphql.js";

const CATEGORIES = `query Categories { categories { id slug name parent { id } children { id slug name } } }`;

let asked;

/** The departments with their categories: asked once, and again only after a failure. */
export function departments() {
	asked ??= ask(CATEGORIES).then(
		({ categories }) => categories.filter(({ parent }) => !parent),
		(error) => {
			asked = undefined;
			throw error;
		},
	);
	return asked;
}

export function findCategory(tree, slug) {
	return tree.flatMap((department) => [department, ...department.children]).find((category) => category.slug === slug);
}

/** Puts the tree into the page, once: later the links stay, so that the focus stays with them. */
export function drawDepartments(nav, tree, wanted) {
	if (nav.ariaBusy === "true") {
		const items = tree.map((department) => {
			const item = itemFor(department);
			if (department.children.length) {
				const categories = document.createElement("ul");
				categories.role = "list";
				categories.append(...department.children.map(itemFor));
				item.append(categories);
			}
			return item;
		});
		nav.querySelectorAll(".ghost").forEach((ghost) => ghost.remove());
		nav.querySelector("ul").append(...items);
		nav.ariaBusy = "false";
	}
	markCurrent(nav, wanted);
	return tree;
}

function itemFor({ slug, name }) {
	const item = document.createElement("li");
	const link = document.createElement("a");
	link.dataset.category = slug;
	link.textContent = name;
	item.append(link);
	return item;
}

/** Marks where the shopper is, and makes every link lead to the same search and order somewhere else. */
export function markCurrent(nav, { category, search, sort }) {
	for (const link of nav.querySelectorAll("a")) {
		const slug = link.dataset.category ?? "";
		link.href = addressOf({ category: slug, search, sort });
		if (slug === category) link.ariaCurrent = "page";
		else link.removeAttribute("aria-current");
	}
	for (const item of nav.querySelectorAll(":scope > ul > li")) {
		const open = item.querySelector("[aria-current]") !== null;
		item.classList.toggle("open", open);
		item.querySelector("a")?.classList.toggle("within", open);
	}
}
