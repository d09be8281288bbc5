import type { Context } from "moleculer";
import type { CallerMeta } from "../../mixins/access/access";
import { sql, type Statement } from "../../mixins/database/statement";
import { pageSize } from "../pages";
import { ProductNotFoundError } from "./products.errors";
import type { ProductRow } from "./products.model";
import type { ProductsService } from "./products.service";
import { AS_PEOPLE_SORT } from "./sorting";
import { corrected, exactly, KNOWN_WORDS, type Condition } from "./search";

/** What GraphQL calls Product; category and stock are resolved by id. */
export interface ProductView {
	id: string;
	sku: string;
	slug: string;
	name: string;
	description: string;
	imageUrl: string | null;
	price: { amount: number; currency: string };
	categoryId: string | null;
	active: boolean;
	/** Grows with each change: tells a newer copy from an older one. */
	version: number;
	createdAt: Date;
	updatedAt: Date;
}

export interface ProductFilter {
	search?: string;
	categoryId?: string;
	minPrice?: number;
	maxPrice?: number;
	inStock?: boolean;
}

type ListParams = { filter?: ProductFilter; sort: keyof typeof ORDERS; skip: number; take: number };

/** The index products_by_name is on names in this order. */
const ORDERS = {
	NEWEST: "p.created_at DESC, p.id",
	NAME_ASC: `p.name ${AS_PEOPLE_SORT}, p.id`,
	PRICE_ASC: "p.price, p.id",
	PRICE_DESC: "p.price DESC, p.id",
};

const CONDITIONS = {
	categoryId: (at: string) => `p.category_id IN (
		WITH RECURSIVE below (id) AS (
			SELECT ${at}::uuid UNION SELECT c.id FROM catalog.categories c JOIN below ON c.parent_id = below.id
		) SELECT id FROM below)`,
	minPrice: (at: string) => `p.price >= ${at}::bigint`,
	maxPrice: (at: string) => `p.price <= ${at}::bigint`,
	inStock: (at: string) => `(s.on_hand > s.reserved) = ${at}::boolean`,
};

const COLUMNS = `p.id, p.sku, p.slug, p.name, p.description, p.image_url AS "imageUrl", p.price,
	p.category_id AS "categoryId", p.active, p.version, p.created_at AS "createdAt", p.updated_at AS "updatedAt"`;

const byId = sql("catalog.product", `SELECT ${COLUMNS} FROM catalog.products p WHERE p.id = $1`);
const byIds = sql("catalog.products", `SELECT ${COLUMNS} FROM catalog.products p WHERE p.id = ANY ($1::uuid[])`);

/** What is shown: active products; to administrators all. */
export async function listProducts(
	this: ProductsService,
	ctx: Context<ListParams, CallerMeta>,
): Promise<{ items: ProductView[]; totalItems: number }> {
	const { filter = {}, sort, skip, take } = ctx.params;
	const { found, total } = await find(this, filter, ctx.meta.caller?.role === "ADMIN");
	const page = [...found.values, skip, pageSize(take)];
	const rows = total > skip ? await this.db.query<ProductRow>(listing(found, sort), page) : [];
	return { items: rows.map((row) => viewOf(row, this.currency)), totalItems: total };
}

/** What a page is read with; behind the values of its source come how many are left out before it, and how many it has. */
export function listing({ form, from, values }: Source, sort: keyof typeof ORDERS): Statement {
	return sql(
		`catalog.list.${sort}.${form}`,
		`SELECT ${COLUMNS} FROM ${from} ORDER BY ${ORDERS[sort]} OFFSET $${values.length + 1} LIMIT $${values.length + 2}`,
	);
}

/** How many of the products that fit are in each category, the largest first. */
export async function countByCategory(
	this: ProductsService,
	ctx: Context<{ filter?: ProductFilter }, CallerMeta>,
): Promise<{ categoryId: string; count: number }[]> {
	const { found } = await find(this, ctx.params.filter ?? {}, ctx.meta.caller?.role === "ADMIN");
	const { form, from, values } = found;
	const counts = sql(
		`catalog.facets.${form}`,
		`SELECT p.category_id AS "categoryId", count(*) AS count FROM ${from} AND p.category_id IS NOT NULL
		GROUP BY p.category_id ORDER BY count(*) DESC, p.category_id LIMIT 200`,
	);
	return this.db.query(counts, values);
}

/** A FROM with its WHERE, and a name for its form, which is the statement's. */
interface Source {
	form: string;
	from: string;
	values: unknown[];
}

/**
 * What has the words exactly; where nothing has, what has those that were meant. So each page of an answer is found in
 * the same way.
 */
async function find(
	service: ProductsService,
	filter: ProductFilter,
	showAll: boolean,
): Promise<{ found: Source; total: number }> {
	const count = async (found: Source) => {
		const counting = sql(`catalog.count.${found.form}`, `SELECT count(*) AS total FROM ${found.from}`);
		return { found, total: (await service.db.query<{ total: number }>(counting, found.values))[0]!.total };
	};
	const { search } = filter;
	if (search === undefined) return count(sourceOf(filter, showAll));
	const exact = await count(sourceOf(filter, showAll, exactly(search)));
	if (exact.total > 0) return exact;
	const meant = corrected(search, await knownTo(service, showAll));
	return meant ? count(sourceOf(filter, showAll, meant)) : exact;
}

const knownWords = sql("catalog.known_words", KNOWN_WORDS);

function knownTo({ db, knownWords: known }: ProductsService, showAll: boolean): Promise<string[]> {
	return known.recall(String(showAll), async () => {
		const rows = await db.query<{ word: string }>(knownWords, [showAll]);
		return rows.map(({ word }) => word);
	});
}

export function sourceOf(filter: ProductFilter, showAll: boolean, search?: Condition): Source {
	const used = (Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[]).filter((key) => filter[key] !== undefined);
	const conditions = [
		showAll ? "true" : "p.active",
		...used.map((key, index) => CONDITIONS[key](`$${index + 1}`)),
		...(search ? [search.sql(used.length + 1)] : []),
	];
	return {
		form: [showAll ? "all" : "active", ...used.map((key) => key.slice(0, 3)), ...(search ? [search.form] : [])].join(
			".",
		),
		from: `catalog.products p JOIN catalog.stock s ON s.product_id = p.id WHERE ${conditions.join(" AND ")}`,
		values: [...used.map((key) => filter[key]), ...(search?.values ?? [])],
	};
}

/** A withdrawn product is there for administrators only. */
export async function getProduct(
	this: ProductsService,
	ctx: Context<{ id: string }, CallerMeta>,
): Promise<ProductView> {
	const [found] = await this.db.query<ProductRow>(byId, [ctx.params.id]);
	if (!found || (!found.active && ctx.meta.caller?.role !== "ADMIN")) throw new ProductNotFoundError(ctx.params.id);
	return viewOf(found, this.currency);
}

/** One entry for each id, in their order, withdrawn ones included; null for one that is not there. */
export async function resolveProducts(
	this: ProductsService,
	ctx: Context<{ ids: string[] }>,
): Promise<(ProductView | null)[]> {
	const found = await this.db.query<ProductRow>(byIds, [ctx.params.ids]);
	const views = new Map(found.map((row) => [row.id, viewOf(row, this.currency)]));
	return ctx.params.ids.map((id) => views.get(id) ?? null);
}

export function viewOf(row: ProductRow, currency: string): ProductView {
	const { id, sku, slug, name, description, imageUrl, price, categoryId, active, version, createdAt, updatedAt } = row;
	return {
		id,
		sku,
		slug,
		name,
		description,
		imageUrl,
		price: { amount: price, currency },
		categoryId,
		active,
		version,
		createdAt,
		updatedAt,
	};
}
