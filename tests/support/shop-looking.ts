import type { Pool } from "pg";
import type { Door } from "./shop-door";
import type { Given } from "./shop-given";
import {
	CART_FIELDS,
	ORDER_FIELDS,
	SETTLED_STATUSES,
	type Account,
	type Cart,
	type Order,
	type PlacedOrder,
	type Product,
	type Stock,
} from "./shop-types";
import { until } from "./until";

/** What a journey looks at. */
export interface Looking {
	/** The order as its owner sees it now. */
	look(order: PlacedOrder): Promise<Order>;
	/** Waits for the order to have this status and these properties. Fails at once when it has settled on another. */
	settles(order: PlacedOrder, status: string, expected?: Partial<Order>, withinMs?: number): Promise<Order>;
	stockOf(product: Pick<Product, "id">): Promise<Stock>;
	cartOf(owner: Account | undefined, id?: string): Promise<Cart | null>;
	/** The provider's own books, oldest first. */
	ledgerOf(order: Pick<Order, "id">): Promise<{ kind: string; amount: number }[]>;
	/** Waits until `read` answers what is expected, as `toEqual` compares. */
	eventually<Value>(read: () => Promise<Value>, expected: unknown, withinMs?: number): Promise<void>;
}

/** A whole request each time, served by the same processor that the order needs. */
const LOOK_EVERY_MS = 40;

export function lookingIn({ door, given, database }: { door: Door; given: Given; database: Pool }): Looking {
	const look = ({ id, by }: PlacedOrder): Promise<Order> =>
		door.graphql<Order>(`query ($id: ID!) { order(id: $id) { ${ORDER_FIELDS} } }`, { id }, by);

	return {
		look,
		async settles(order, status, expected = {}, withinMs = 60_000) {
			const wanted = { ...expected, status };
			return until(
				async () => {
					const now = await look(order);
					if (now.status !== status && SETTLED_STATUSES.includes(now.status)) return now;
					expect(now).toMatchObject(wanted);
					return now;
				},
				{ what: `order ${order.number} to be ${JSON.stringify(wanted)}`, withinMs, everyMs: LOOK_EVERY_MS },
			).then((settled) => {
				expect(settled).toMatchObject(wanted);
				return settled;
			});
		},
		async stockOf({ id }) {
			const product = await door.graphql<{ stock: Stock }>(
				"query ($id: ID!) { product(id: $id) { stock { onHand reserved available } } }",
				{ id },
				await given.admin(),
			);
			return product.stock;
		},
		cartOf: (owner, id) =>
			door.graphql<Cart | null>(`query ($id: ID) { cart(id: $id) { ${CART_FIELDS} } }`, { id }, owner),
		async ledgerOf({ id }) {
			const { rows } = await database.query<{ kind: string; amount: string }>(
				"SELECT kind, amount FROM sandbox_provider.ledger WHERE order_id = $1 ORDER BY at",
				[id],
			);
			return rows.map(({ kind, amount }) => ({ kind, amount: Number(amount) }));
		},
		async eventually(read, expected, withinMs) {
			await until(
				async () => {
					expect(await read()).toEqual(expected);
					return true;
				},
				{ what: "what is expected", everyMs: LOOK_EVERY_MS, ...(withinMs !== undefined && { withinMs }) },
			);
		},
	};
}
