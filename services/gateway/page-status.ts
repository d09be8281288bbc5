import fs from "node:fs";
import path from "node:path";
import type { ServiceBroker } from "moleculer";
import type { Admission } from "./admission";

/** 404 where what a page is about is certainly not there; its body is the shop all the same, which says so. */
export type PageStatus = 200 | 404;

/** What the shop has. */
export interface Shelves {
	/** @throws where nobody can say just now */
	hasProduct(id: string): Promise<boolean>;
	/** @throws where nobody can say just now */
	hasCategory(slug: string): Promise<boolean>;
}

/** Longer than products takes to answer, shorter than a visitor notices: a page must not wait for its status. */
const LOOK_UP_MS = 500;

const PRODUCT_PAGE = /^\/products\/([^/]+)(?:\/[^/]+)?\/?$/i;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** @param isPage whether the shop's own router knows the address, whatever it is about */
export function pageStatus(isPage: (pathname: string) => boolean, shelves: Shelves) {
	return async (pathname: string, search: string): Promise<PageStatus> => {
		if (!isPage(pathname)) return 404;
		try {
			return (await isThere(shelves, pathname, search)) ? 200 : 404;
		} catch {
			// A false 404 drives visitors and search engines away; a false 200 is a page that says itself what is missing.
			return 200;
		}
	};
}

async function isThere(shelves: Shelves, pathname: string, search: string): Promise<boolean> {
	const product = PRODUCT_PAGE.exec(pathname)?.[1];
	if (product !== undefined) return UUID.test(product) && shelves.hasProduct(product);
	const categories = new URLSearchParams(search).getAll("category");
	const isAboutCategory = pathname === "/" && categories.length === 1 && categories[0] !== "";
	return !isAboutCategory || shelves.hasCategory(categories[0]!);
}

/** Asks products, as a guest would, and only while there is room for who looks around: the page itself comes in any case. */
export function shelvesOf(broker: ServiceBroker, { enter }: Pick<Admission, "enter">): Shelves {
	const ask = async <Answer>(action: string, params: object = {}): Promise<Answer> => {
		const leave = enter("browsing", { isDispensable: true });
		try {
			return await broker.call<Answer, object>(action, params, { timeout: LOOK_UP_MS });
		} finally {
			leave();
		}
	};
	return {
		hasProduct: (id) =>
			ask("products.get", { id }).then(
				() => true,
				(error: { type?: string }) => {
					if (error.type !== "NOT_FOUND") throw error;
					return false;
				},
			),
		hasCategory: async (slug) =>
			(await ask<{ slug: string }[]>("products.categories")).some((category) => category.slug === slug),
	};
}

/** The pages that the build has found in the shop's router; every address where it has left no list. */
export function pagesIn(folder: string): (pathname: string) => boolean {
	const list = path.join(folder, "pages.json");
	if (!fs.existsSync(list)) return () => true;
	const patterns = (JSON.parse(fs.readFileSync(list, "utf8")) as string[]).map(patternOf);
	return (pathname) => patterns.some((pattern) => pattern.test(pathname));
}

/** Of vue-router's paths the parts that the shop uses: `/products/:id/:slug?`. */
export function patternOf(route: string): RegExp {
	const parts = route.split("/").filter((part) => part !== "");
	const source = parts.map((part) => {
		if (!part.startsWith(":")) return `/${part}`;
		return part.endsWith("?") ? "(?:/[^/]+)?" : "/[^/]+";
	});
	return new RegExp(`^${source.join("")}/?$`, "i");
}
