import type { Context } from "moleculer";
import type { CallerMeta } from "../../mixins/access/access";
import { sql } from "../../mixins/database/statement";
import { pageSize } from "../pages";
import { ProductNotFoundError } from "./products.errors";
import type { ProductRow } from "./products.model";
import type { ProductsService } from "./products.service";

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

const ORDERS = {
	NEWEST: "p.created_at DESC, p.id",
	NAME_ASC: "lower(p.name), p.id",
	PRICE_ASC: "p.price, p.id",
	PRICE_DESC: "p.price DESC, p.id",
};

const CONDITIONS = {
	search: (at: string) => `(p.name ILIKE ${at} OR p.description ILIKE ${at} OR p.sku ILIKE ${at})`,
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

/** What is shown: active products; to administrators all. */
export async function listProducts(
	this: ProductsService,
	ctx: Context<ListParams, CallerMeta>,
): Promise<{ items: ProductView[]; totalItems: number }> {
	const { filter = {}, sort, skip, take } = ctx.params;
	const used = (Object.keys(CONDITIONS) as (keyof typeof CONDITIONS)[]).filter((key) => filter[key] !== undefined);
	const showAll = ctx.meta.caller?.role === "ADMIN";
	const where = [showAll ? "true" : "p.active", ...used.map((key, index) => CONDITIONS[key](`$${index + 1}`))].join(
		" AND ",
	);
	const values = used.map((key) => (key === "search" ? `%${escapeLike(filter.search!)}%` : filter[key]));
	const from = `catalog.products p JOIN catalog.stock s ON s.product_id = p.id WHERE ${where}`;
	const shape = [showAll ? "all" : "active", ...used.map((key) => key.slice(0, 3))].join(".");

	const count = sql(`catalog.count.${shape}`, `SELECT count(*) AS total FROM ${from}`);
	const page = sql(
		`catalog.list.${sort}.${shape}`,
		`SELECT ${COLUMNS} FROM ${from} ORDER BY ${ORDERS[sort]} OFFSET $${used.length + 1} LIMIT $${used.length + 2}`,
	);
	const [counted, rows] = await Promise.all([
		this.db.query<{ total: number }>(count, values),
		this.db.query<ProductRow>(page, [...values, skip, pageSize(take)]),
	]);
	return { items: rows.map((row) => viewOf(row, this.currency)), totalItems: counted[0]!.total };
}

/** A withdrawn product is there for administrators only. */
export async function getProduct(
	this: ProductsService,
	ctx: Context<{ id: string }, CallerMeta>,
): Promise<ProductView> {
	const found = (await this.adapter.findById(ctx.params.id)) as ProductRow | null;
	if (!found || (!found.active && ctx.meta.caller?.role !== "ADMIN")) throw new ProductNotFoundError(ctx.params.id);
	return viewOf(found, this.currency);
}

/** One entry for each id, in their order, withdrawn ones included; null for one that is not there. */
export async function resolveProducts(
	this: ProductsService,
	ctx: Context<{ ids: string[] }>,
): Promise<(ProductView | null)[]> {
	const found = (await this.adapter.findByIds(ctx.params.ids)) as ProductRow[];
	const byId = new Map(found.map((row) => [row.id, viewOf(row, this.currency)]));
	return ctx.params.ids.map((id) => byId.get(id) ?? null);
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

function escapeLike(text: string): string {
	return text.replaceAll(/[\\%_]/g, String.raw`\$&`);
}
