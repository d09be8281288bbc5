import { randomUUID } from "node:crypto";
import { sql } from "../../mixins/database/statement";
import { demoCategories, demoProducts } from "./demo/catalogue";
import { insertProduct } from "./editing";
import type { ProductsService } from "./products.service";

const lock = sql("catalog.seed.lock", "SELECT pg_advisory_xact_lock(hashtext('catalog.seed'))");
const isEmpty = sql("catalog.seed.empty", "SELECT NOT EXISTS (SELECT FROM catalog.products) AS empty");
const insertCategory = sql(
	"catalog.seed.category",
	`INSERT INTO catalog.categories (id, slug, name, parent_id) VALUES ($1, $2, $3, $4)
	ON CONFLICT (slug) DO UPDATE SET slug = EXCLUDED.slug RETURNING id`,
);

/**
 * Loads the demo catalogue where there is no product yet: all of it or, when the node dies, none.
 * However many nodes start together, one loads it.
 * @returns how many products were made
 */
export async function seedDemo(this: ProductsService): Promise<number> {
	return this.db.transaction(async (tx) => {
		await tx.query(lock);
		const [row] = await tx.query<{ empty: boolean }>(isEmpty);
		if (!row!.empty) return 0;
		const ids = new Map<string, string>();
		for (const { slug, name, parent } of demoCategories) {
			const [category] = await tx.query<{ id: string }>(insertCategory, [
				randomUUID(),
				slug,
				name,
				parent ? ids.get(parent) : null,
			]);
			ids.set(slug, category!.id);
		}
		for (const { category, priceMinor, stock, ...product } of demoProducts) {
			const categoryId = ids.get(category)!;
			const seeded = { ...product, categoryId, price: priceMinor, initialStock: stock };
			await insertProduct(this, tx, seeded, { requestId: "seed" });
		}
		return demoProducts.length;
	});
}
