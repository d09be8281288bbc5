import { randomUUID } from "node:crypto";
import type { Context } from "moleculer";
import type { Transaction } from "../../mixins/database/database";
import { violatedConstraint } from "../../mixins/database/faults";
import { sql } from "../../mixins/database/statement";
import { idempotencyKeysOf } from "../../mixins/idempotency/idempotency";
import { viewOf, type ProductView } from "./catalogue";
import { ProductCreated, ProductUpdated } from "./products.events";
import { CategoryNotFoundError, NameTakenError, ProductNotFoundError } from "./products.errors";
import type { ProductRow } from "./products.model";
import { tellCaches } from "./shown";
import type { ProductsService } from "./products.service";

const idempotencyKeys = idempotencyKeysOf("catalog");

export interface NewProduct {
	sku: string;
	/** Made from the name where it is missing. */
	slug?: string;
	name: string;
	description?: string;
	price: number;
	categoryId?: string;
	imageUrl?: string;
	initialStock: number;
}

const insertStock = sql(
	"catalog.stock_insert",
	`WITH opened AS (INSERT INTO catalog.stock (product_id, on_hand) VALUES ($1, $2))
	INSERT INTO catalog.stock_movements (product_id, kind, on_hand_change, reserved_change, user_id)
	VALUES ($1, 'OPENED', $2, 0, $3)`,
);

export async function createProduct(
	this: ProductsService,
	ctx: Context<NewProduct & { idempotencyKey?: string }>,
): Promise<ProductView> {
	const { idempotencyKey, ...product } = ctx.params;
	const requestId = ctx.requestID ?? ctx.id;
	const { caller } = ctx.meta as { caller?: { id: string } };
	return this.db.transaction(async (tx) => {
		const create = () => insertProduct(this, tx, product, { requestId, userId: caller?.id });
		if (!idempotencyKey) return create();
		const request = { scope: `create/${caller?.id}`, key: idempotencyKey, request: product };
		return (await idempotencyKeys.once(tx, request, create)).answer;
	});
}

/** @throws {NameTakenError} {@link CategoryNotFoundError} */
export async function insertProduct(
	service: ProductsService,
	tx: Transaction,
	{ initialStock, ...product }: NewProduct,
	{ requestId, userId }: { requestId: string; userId?: string | undefined },
): Promise<ProductView> {
	const id = randomUUID();
	const slug = product.slug ?? `${slugOf(product.name)}-${id.slice(0, 6)}`;
	const values = { description: "", imageUrl: null, categoryId: null, active: true, version: 1, ...product, id, slug };
	const row = await explaining(values, async () => {
		const created = await modelOf(service).create(values, { transaction: tx.forModels });
		return created.get({ plain: true });
	});
	await tx.query(insertStock, [id, initialStock, userId]);
	tx.afterCommit(() => tellCaches(service));
	await service.publish(tx, ProductCreated(eventData(row, service.currency)), {
		correlationId: requestId,
		causationId: requestId,
	});
	return viewOf(row, service.currency);
}

type Changes = Partial<
	Pick<ProductRow, "sku" | "name" | "price" | "categoryId" | "imageUrl" | "active"> & { description: string | null }
>;

/** What is said changes, null takes away, and what is not said stays. */
export async function updateProduct(
	this: ProductsService,
	ctx: Context<{ id: string } & Changes>,
): Promise<ProductView> {
	const { id, ...said } = ctx.params;
	const changes = { ...said, ...(said.description === null && { description: "" }) } as Partial<ProductRow>;
	const requestId = ctx.requestID ?? ctx.id;
	const row = await this.db.transaction(async (tx) => {
		const { sequelize } = this.db;
		const [, rows] = await explaining(changes, () =>
			modelOf(this).update(
				{ ...changes, version: sequelize.literal("version + 1") },
				{ where: { id }, returning: true, transaction: tx.forModels },
			),
		);
		const updated = rows[0]?.get({ plain: true });
		if (!updated) throw new ProductNotFoundError(id);
		tx.afterCommit(() => tellCaches(this));
		await this.publish(tx, ProductUpdated(eventData(updated, this.currency)), {
			correlationId: requestId,
			causationId: requestId,
		});
		return updated;
	});
	return viewOf(row, this.currency);
}

function eventData({ id, sku, name, price, active }: ProductRow, currency: string) {
	return { productId: id, sku, name, price, currency, active };
}

/** Turns the database's refusals into what the administrator can do something about. */
async function explaining<Result>(values: Partial<ProductRow>, write: () => Promise<Result>): Promise<Result> {
	try {
		return await write();
	} catch (error) {
		const constraint = violatedConstraint(error);
		if (constraint === "products_sku_taken" || constraint === "products_sku_alike")
			throw new NameTakenError("sku", values.sku!);
		if (constraint === "products_slug_taken") throw new NameTakenError("slug", values.slug!);
		if (constraint === "products_category_id_fkey") throw new CategoryNotFoundError(values.categoryId!);
		throw error;
	}
}

interface Instance {
	get(options: { plain: true }): ProductRow;
}

interface ProductModel {
	create(values: object, options: object): Promise<Instance>;
	update(values: object, options: object): Promise<[number, Instance[]]>;
}

function modelOf(service: ProductsService): ProductModel {
	return (service as unknown as { model: ProductModel }).model;
}

/** "Café Crème, 2 cups" becomes "cafe-creme-2-cups". */
export function slugOf(name: string): string {
	const words = name
		.normalize("NFKD")
		.replaceAll(/\p{M}/gu, "")
		.toLowerCase()
		.match(/[a-z0-9]+/g);
	return words?.join("-").slice(0, 80) ?? "product";
}
