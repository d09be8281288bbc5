import type { Client, Pool } from "pg";
import { databasesOf, prepareDatabases, type Prepared } from "../../node/databases";
import { readSettings } from "../../node/settings";
import type { DatabaseRole } from "../../services/resources";
import { onServer } from "../support/postgres-server";
import { doorOf } from "../support/shop-door";
import { givenIn } from "../support/shop-given";
import { lookingIn } from "../support/shop-looking";
import { whenIn } from "../support/shop-when";

/** Who works on which schema, as the documents say. */
export const SCHEMAS: Record<DatabaseRole, string> = {
	users: "users",
	products: "catalog",
	cart: "cart",
	orders: "orders",
	payments: "payments",
	sandbox_provider: "sandbox_provider",
	events: "events",
};
export const ROLES = Object.keys(SCHEMAS) as DatabaseRole[];

export const DENIED = "42501";

/** What the database says to a statement whose effect is taken back: its SQLSTATE, or `undefined` when it was done. */
export async function answerTo(client: Client, statement: string): Promise<string | undefined> {
	try {
		await client.query(`BEGIN; ${statement}`);
		return undefined;
	} catch (error) {
		return (error as { code: string }).code;
	} finally {
		await client.query("ROLLBACK");
	}
}

/** As it was before the first start. */
export function emptyDatabase(url: string): Promise<unknown> {
	return onServer(url, async (client) => {
		await client.query(`DROP SCHEMA ${Object.values(SCHEMAS).join(", ")}, migrations CASCADE`);
		await client.query("DROP EXTENSION pg_trgm");
	});
}

/** The URL of `url`'s database for another user. */
export function urlFor(url: string, user: string, password: string): string {
	const other = new URL(url);
	other.username = user;
	other.password = password;
	return other.href;
}

/** What a start does with its databases. */
export function prepare(environment: Record<string, string>): Promise<Prepared> {
	return prepareDatabases(databasesOf(readSettings(environment), undefined));
}

/** A customer orders, gets the confirmation and cancels: every service has its part in it. */
export async function buyAndCancel(url: string, database: Pool): Promise<void> {
	const door = doorOf(() => url);
	const stock = new Map<string, number>();
	const given = givenIn(door, stock);
	const when = whenIn(door, given, stock);
	const { settles, eventually, stockOf } = lookingIn({ door, given, database });

	const lamp = await given.product({ stock: 3 });
	const ada = await given.customer();
	const order = await when.checksOut(ada, [{ product: lamp, quantity: 2 }]);
	await settles(order, "CONFIRMED", { paymentStatus: "CAPTURED" });
	await eventually(() => stockOf(lamp), { onHand: 1, reserved: 0, available: 1 });

	await when.cancels(order);

	await settles(order, "CANCELLED", { paymentStatus: "REFUNDED" });
	await eventually(() => stockOf(lamp), { onHand: 3, reserved: 0, available: 3 });
}
