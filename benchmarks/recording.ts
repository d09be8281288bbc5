import { setTimeout as pause } from "node:timers/promises";
import { startChild } from "./child";
import { registerCustomer } from "./customer";
import { environmentOf, readyShop, stockProducts, type ShopOptions } from "./shop";

/** A transaction's statements in their order, BEGIN and COMMIT included; or one statement that stood alone. */
export type Unit = { name?: string; text: string; values: unknown[] }[];

/** One purchase as the database saw it: into the cart, checked out, confirmed, captured, sold. */
export interface Recording {
	units: Unit[];
	/** The ids that the purchase has made, and that each repetition makes anew. */
	born: string[];
	/** What was bought, and what could be bought as well. */
	productId: string;
	productIds: string[];
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const QUIET_MS = 2_000;

/** The transport's tables are RabbitMQ's business elsewhere, and it reads and writes them in batches. */
const TRANSPORT = /^events\./;

/**
 * Buys one thing in a shop of its own and writes down what reached the database, so that the limit is made of today's
 * statements whatever has become of the code. Kept is every transaction, and every writing statement on its own, that
 * mentions something which the purchase has made.
 */
export async function recordPurchase(options: ShopOptions): Promise<Recording> {
	const env = await environmentOf(options);
	const child = startChild("recorded-shop.ts", env);
	const seen = new Set<string>();
	let heard: Unit[] = [];
	let newsAt = 0;
	child.on("message", (message) => {
		const unit = message as Unit;
		heard.push(unit);
		for (const id of idsIn([unit])) {
			// What renews a lease each second names its owner again and again: that is no news.
			if (!seen.has(id)) newsAt = Date.now();
			seen.add(id);
		}
	});

	await using shop = await readyShop(child, env);
	const productIds = await stockProducts(shop.url);
	const untilQuiet = async (): Promise<void> => {
		newsAt = Date.now();
		while (Date.now() - newsAt < QUIET_MS) await pause(100);
	};
	// The first purchase is for what happens only once.
	const first = await registerCustomer(shop.url);
	await first.buy(productIds[0]!);
	await first.leave();
	await untilQuiet();
	const known = new Set([...productIds, ...seen]);
	const customer = await registerCustomer(shop.url);
	await untilQuiet();

	heard = [];
	await customer.buy(productIds[0]!);
	await untilQuiet();
	await customer.leave();

	const isBorn = (id: string): boolean => !known.has(id);
	const units = heard.filter((unit) => isWriting(unit) && idsIn([unit]).some(isBorn));
	return { units, born: [...new Set(idsIn(units))].filter(isBorn), productId: productIds[0]!, productIds };
}

function isWriting(unit: Unit): boolean {
	return unit.some(({ name = "", text }) => /\b(INSERT|UPDATE|DELETE)\b/.test(text) && !TRANSPORT.test(name));
}

function idsIn(units: readonly Unit[]): string[] {
	const values = units.flatMap((unit) => unit.map((statement) => statement.values));
	return JSON.stringify(values).match(UUID) ?? [];
}
