import type { Service, ServiceSchema } from "moleculer";
import type { DbAdapter } from "moleculer-db";
import { Database, type WithDatabase } from "../../mixins/database/database.mixin";
import { defineService } from "../../mixins/define";
import { oldDiscards } from "../../mixins/events/dead-letters/old-discards";
import { Events } from "../../mixins/events/events.mixin";
import { oldKeys } from "../../mixins/idempotency/old-keys";
import { Outbox, type WithOutbox } from "../../mixins/outbox/outbox.mixin";
import { Retention } from "../../mixins/retention/retention.mixin";
import { operationParams } from "../../mixins/saga/participant";
import { SagaParticipant } from "../../mixins/saga/participant.mixin";
import { SKIP, TAKE } from "../pages";
import { PICTURE } from "../pictures";
import type { Resources } from "../resources";
import { READ_TIMEOUT_MS } from "../timeouts";
import { rememberForAMoment, type Moment } from "../../mixins/cache/moment";
import { categories, categoriesShown, childrenOf, createCategory, type CategoryView } from "./categories";
import { countByCategory, type ProductFilter, getProduct, listProducts, resolveProducts } from "./catalogue";
import { createProduct, updateProduct } from "./editing";
import { expireReservations } from "./expire";
import { ON_HAND_MAX } from "./limits";
import { productsConsumers } from "./products.consumers";
import { productsGraphQL, productsOperations } from "./products.graphql";
import { product } from "./products.model";
import { stockMovements, stockReservations } from "./movements";
import { forgetShown, shownCache } from "./shown";
import { reserve, undoReserve } from "./reserve";
import { seedDemo } from "./seed";
import { secure } from "./sell";
import { adjustStock, available, availableShown, stock } from "./stock";
import { claimCurrency } from "./currency";

/** What the handlers of this service find in `this`. */
export type ProductsService = Service &
	WithDatabase &
	WithOutbox & {
		adapter: DbAdapter;
		currency: string;
		reservationTtlS: number;
		sweeper: NodeJS.Timeout;
		shownStock: Moment<number[]>;
		shownCategories: Moment<(CategoryView | null)[]>;
		/** Of the catalogue, for what was mistyped. */
		knownWords: Moment<string[]>;
	};

/** Nobody sees that a figure is so old. */
const SHOWN_STOCK_MS = 200;
const SHOWN_CATEGORIES_MS = 500;
/** A new product's words can be mistyped a little later. */
const KNOWN_WORDS_MS = 10_000;

const EXPIRY_SWEEP_MS = 1_000;

const ids = { type: "array", items: { type: "uuid" }, max: 1_000 };
const sku = { type: "line", min: 1, max: 64 };
const name = { type: "line", min: 1, max: 200 };
const description = { type: "text", max: 5_000, optional: true };
const price = { type: "number", integer: true, min: 0, max: 2_147_483_647 };
const categoryId = { type: "uuid", optional: true };
/** What the carts' limit for one request may add up to. */
const filter = {
	type: "object",
	strict: true,
	optional: true,
	props: {
		search: { type: "string", max: 200, optional: true },
		categoryId,
		minPrice: { ...price, optional: true, convert: true },
		maxPrice: { ...price, optional: true, convert: true },
		inStock: { type: "boolean", optional: true, convert: true },
	},
};
const quantity = { type: "number", integer: true, min: 1, max: ON_HAND_MAX };

/** Of an update: what is left out stays. */
const CHANGED = { optional: true, nullable: false };
/** The same, and null takes away what was there. */
const TAKEN_AWAY = { optional: true, nullable: true };

/** What can be bought, what it costs, and how much of it there is. */
export default function products({ settings, transport, topology, database }: Resources): ServiceSchema {
	return defineService<ProductsService>({
		name: "products",
		mixins: [
			Retention([
				...oldKeys("catalog", ["create"], settings.idempotencyKeyDays),
				...oldDiscards("catalog", settings.discardHistoryDays),
			]),
			Events({ schema: "catalog", transport, consumers: productsConsumers }),
			SagaParticipant({ schema: "catalog", historyDays: settings.sagaHistoryDays, owner: "orders" }),
			Outbox({ schema: "catalog", transport, topology, historyDays: settings.eventHistoryDays }),
			Database({ ...database("products"), model: product }),
		],
		settings: { graphql: productsGraphQL },
		actions: {
			list: {
				timeout: READ_TIMEOUT_MS,
				access: "anyone",
				graphql: productsOperations.list,
				params: {
					$$strict: true,
					filter,
					sort: { type: "enum", values: ["NEWEST", "NAME_ASC", "PRICE_ASC", "PRICE_DESC"], default: "NEWEST" },
					skip: SKIP,
					take: TAKE,
				},
				// What is in stock is never answered from a cache.
				cache: shownCache((ctx) => (ctx.params as { filter?: ProductFilter }).filter?.inStock === undefined),
				handler: listProducts,
			},
			countByCategory: {
				timeout: READ_TIMEOUT_MS,
				access: "anyone",
				graphql: productsOperations.countByCategory,
				params: { $$strict: true, filter },
				cache: shownCache((ctx) => (ctx.params as { filter?: ProductFilter }).filter?.inStock === undefined),
				handler: countByCategory,
			},
			get: {
				timeout: READ_TIMEOUT_MS,
				access: "anyone",
				graphql: productsOperations.get,
				params: { $$strict: true, id: "uuid" },
				cache: shownCache(),
				handler: getProduct,
			},
			create: {
				access: "admin",
				graphql: productsOperations.create,
				params: {
					$$strict: true,
					sku,
					name,
					description,
					price,
					categoryId,
					imageUrl: PICTURE,
					initialStock: { type: "number", integer: true, min: 0, max: ON_HAND_MAX, default: 0 },
					idempotencyKey: { type: "string", min: 1, max: 200, optional: true },
				},
				handler: createProduct,
			},
			update: {
				access: "admin",
				graphql: productsOperations.update,
				params: {
					$$strict: true,
					id: "uuid",
					sku: { ...sku, ...CHANGED },
					name: { ...name, ...CHANGED },
					description: { ...description, ...TAKEN_AWAY },
					price: { ...price, ...CHANGED },
					categoryId: { ...categoryId, ...TAKEN_AWAY },
					imageUrl: { ...PICTURE, ...TAKEN_AWAY },
					active: { type: "boolean", ...CHANGED },
				},
				handler: updateProduct,
			},
			adjustStock: {
				access: "admin",
				graphql: productsOperations.adjustStock,
				params: {
					$$strict: true,
					productId: "uuid",
					delta: { type: "number", integer: true, min: -ON_HAND_MAX, max: ON_HAND_MAX },
					reason: { type: "text", max: 500, optional: true },
				},
				handler: adjustStock,
			},
			movements: {
				timeout: READ_TIMEOUT_MS,
				access: "admin",
				graphql: productsOperations.movements,
				params: { $$strict: true, productId: "uuid", skip: SKIP, take: TAKE },
				handler: stockMovements,
			},
			reservations: {
				timeout: READ_TIMEOUT_MS,
				access: "admin",
				graphql: productsOperations.reservations,
				params: { $$strict: true, productId: "uuid", skip: SKIP, take: TAKE },
				handler: stockReservations,
			},
			categories: {
				timeout: READ_TIMEOUT_MS,
				access: "anyone",
				graphql: productsOperations.categories,
				handler: categories,
			},
			createCategory: {
				access: "admin",
				graphql: productsOperations.createCategory,
				params: {
					$$strict: true,
					name,
					slug: { type: "string", pattern: /^[a-z0-9]+(-[a-z0-9]+)*$/, max: 100 },
					parentId: categoryId,
				},
				handler: createCategory,
			},

			availableShown: { timeout: READ_TIMEOUT_MS, access: "anyone", params: { ids }, handler: availableShown },
			available: { timeout: READ_TIMEOUT_MS, access: "anyone", params: { ids }, handler: available },
			stock: { timeout: READ_TIMEOUT_MS, access: "admin", params: { ids }, handler: stock },
			categoriesOf: { timeout: READ_TIMEOUT_MS, access: "anyone", params: { ids }, handler: categoriesShown },
			childrenOf: { timeout: READ_TIMEOUT_MS, access: "anyone", params: { ids }, handler: childrenOf },
			resolve: { timeout: READ_TIMEOUT_MS, access: "anyone", params: { ids }, handler: resolveProducts },

			reserve: {
				params: {
					operation: operationParams,
					orderId: "uuid",
					cartId: "uuid",
					currency: { type: "string", length: 3, optional: true },
					items: {
						type: "array",
						min: 1,
						max: 1_000,
						items: { type: "object", props: { productId: "uuid", quantity, unitPrice: price } },
					},
				},
				handler: reserve,
			},
			undoReserve: {
				params: { operation: operationParams, orderId: "uuid", reason: { type: "enum", values: ["ORDER_FAILED"] } },
				handler: undoReserve,
			},
			secure: { params: { orderId: "uuid" }, handler: secure },
			seed: { handler: seedDemo },
		},
		events: {
			/** moleculer-db's word for "what you have cached of products is old". */
			"cache.clean.products"() {
				forgetShown(this);
			},
		},
		created() {
			this.currency = settings.currency;
			this.shownStock = rememberForAMoment({ forMs: SHOWN_STOCK_MS, max: 500 });
			this.shownCategories = rememberForAMoment({ forMs: SHOWN_CATEGORIES_MS, max: 500 });
			this.knownWords = rememberForAMoment({ forMs: KNOWN_WORDS_MS, max: 2 });
			this.reservationTtlS = settings.reservationTtlS;
		},
		async started() {
			await claimCurrency(this.db, this.currency);
			let sweeping = false;
			this.sweeper = setInterval(() => {
				// One at a time: a database that is slow would only be slower.
				if (sweeping) return;
				sweeping = true;
				expireReservations(this)
					.catch((error: Error) => this.logger.warn("Expired reservations were not given back:", error.message))
					.finally(() => (sweeping = false));
			}, EXPIRY_SWEEP_MS);
		},
		stopped() {
			clearInterval(this.sweeper);
		},
	});
}
