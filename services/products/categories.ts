import { randomUUID } from "node:crypto";
import type { Context } from "moleculer";
import { violatedConstraint } from "../../mixins/database/faults";
import { sql } from "../../mixins/database/statement";
import { CategoryNotFoundError, NameTakenError } from "./products.errors";
import type { ProductsService } from "./products.service";
import { AS_PEOPLE_SORT } from "./sorting";

/** A category; its parent and children are resolved by id. */
export interface CategoryView {
	id: string;
	slug: string;
	name: string;
	parentId: string | null;
}

const columns = 'id, slug, name, parent_id AS "parentId"';
const all = sql("catalog.categories", `SELECT ${columns} FROM catalog.categories ORDER BY name ${AS_PEOPLE_SORT}, id`);
const byIds = sql("catalog.categories_of", `SELECT ${columns} FROM catalog.categories WHERE id = ANY ($1::uuid[])`);
const byParents = sql(
	"catalog.children_of",
	`SELECT ${columns} FROM catalog.categories WHERE parent_id = ANY ($1::uuid[]) ORDER BY name ${AS_PEOPLE_SORT}, id`,
);
const insert = sql(
	"catalog.category_insert",
	"INSERT INTO catalog.categories (id, slug, name, parent_id) VALUES ($1, $2, $3, $4)",
);

/** Every category; those without a parent are the roots. */
export function categories(this: ProductsService): Promise<CategoryView[]> {
	return this.db.query<CategoryView>(all);
}

/** One entry for each id, in their order; null for one that is not there. */
export async function categoriesOf(
	this: ProductsService,
	ctx: Context<{ ids: string[] }>,
): Promise<(CategoryView | null)[]> {
	const rows = await this.db.query<CategoryView>(byIds, [ctx.params.ids]);
	const byId = new Map(rows.map((row) => [row.id, row]));
	return ctx.params.ids.map((id) => byId.get(id) ?? null);
}

/** As the shop window shows them with their products. */
export function categoriesShown(
	this: ProductsService,
	ctx: Context<{ ids: string[] }>,
): Promise<(CategoryView | null)[]> {
	return this.shownCategories.recall(ctx.params.ids.join(), () => categoriesOf.call(this, ctx));
}

/** For each id, in their order, its children. */
export async function childrenOf(this: ProductsService, ctx: Context<{ ids: string[] }>): Promise<CategoryView[][]> {
	const rows = await this.db.query<CategoryView>(byParents, [ctx.params.ids]);
	return ctx.params.ids.map((id) => rows.filter(({ parentId }) => parentId === id));
}

type NewCategory = { name: string; slug: string; parentId?: string };

export async function createCategory(this: ProductsService, ctx: Context<NewCategory>): Promise<CategoryView> {
	const { name, slug, parentId = null } = ctx.params;
	const category = { id: randomUUID(), slug, name, parentId };
	try {
		await this.db.change(insert, [category.id, slug, name, parentId]);
		return category;
	} catch (error) {
		const constraint = violatedConstraint(error);
		if (constraint === "categories_slug_taken") throw new NameTakenError("slug", slug);
		if (constraint === "categories_parent_id_fkey") throw new CategoryNotFoundError(parentId!);
		throw error;
	}
}
