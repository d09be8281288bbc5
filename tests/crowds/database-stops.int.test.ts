import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Pool } from "pg";
import { startNode } from "../../node/node";
import { readSettings } from "../../node/settings";
import { interruptedPostgres } from "../support/interrupted-postgres";
import { postgresAuditor } from "../support/postgres-auditor";
import { rabbitmqAuditor } from "../support/rabbitmq-auditor";
import { testVhost, transports } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { Refusal } from "../support/shop-door";
import { stageOf, type Stage } from "../support/shop-stage";
import type { Account, Cart, PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";
import { isLong } from "./long";

const CHECKOUTS = isLong ? 500 : 40;
/** Stopped when so many more shoppers have been answered, but not sooner than after this time. */
const STOP = isLong ? { everyCheckouts: 60, everyMs: 10_000 } : { everyCheckouts: 15, everyMs: 1_000 };
const TOKENS = ["tok_approve", "tok_approve", "tok_decline", "tok_error_once", "tok_approve"];
/** Shoppers who are at it at once. */
const AT_ONCE = 10;
/** A shopper who gets no useful answer asks again, with the same key, for a minute. */
const PATIENCE = { askEveryMs: 200, withinMs: 60_000 };

jest.setTimeout(isLong ? 3_600_000 : 300_000);

test("a database that is stopped at once, again and again, in the middle of checkouts loses and doubles nothing", async () => {
	await using postgres = await interruptedPostgres();
	await using vhost = transports.includes("rabbitmq") ? await testVhost() : undefined;
	const database = new Pool({ connectionString: postgres.url, max: 2, application_name: "molecart tests" });
	database.on("error", () => undefined);
	const auditor = await (vhost ? rabbitmqAuditor(vhost.url) : postgresAuditor(postgres.url));
	const fatal: string[] = [];
	const environment = { ...shopEnvironment(postgres.url, vhost?.url), PORT: "0", LOG_LEVEL: "fatal" };
	const node = await startNode(readSettings(environment), (reason) => fatal.push(reason));
	const stage = stageOf({ url: () => node.url!, database, auditor });
	try {
		const plans = await filledCarts(stage);
		const progress = { answered: 0 };
		const outages: number[] = [];
		const shopping = shopAll(stage, plans, progress);
		const interrupting = (async () => {
			for (let next = STOP.everyCheckouts; next < CHECKOUTS; next += STOP.everyCheckouts) {
				await Promise.all([
					until(() => progress.answered >= next, { what: `${next} answers`, withinMs: 120_000 }),
					pause(STOP.everyMs),
				]);
				outages.push(Math.round(await postgres.interrupt()));
			}
		})();
		const [orders] = await Promise.all([shopping, interrupting]);

		for (const [index, order] of orders.entries()) {
			const end = plans[index]!.token === "tok_decline" ? "COMPENSATED" : "CONFIRMED";
			await patiently(() => stage.until(order).is(end, {}, 60_000));
		}
		await stage.untilSound(60_000);
		expect(new Set(orders.map(({ id }) => id)).size).toBe(CHECKOUTS);
		expect(await stage.deadLetters()).toEqual([]);
		expect(fatal).toEqual([]);
		process.stdout.write(
			`PostgreSQL was stopped at once ${outages.length} times during ${CHECKOUTS} checkouts and away for ` +
				`${outages.join(", ")} ms; nothing lost, nothing done twice, invariants hold\n`,
		);
	} finally {
		await node.stop();
		await auditor[Symbol.asyncDispose]();
		await database.end();
	}
});

/** A shopper, the cart, and the key that makes asking again safe. */
interface Plan {
	customer: Account;
	cart: Cart;
	token: string;
	key: string;
}

async function filledCarts(stage: Stage): Promise<Plan[]> {
	const products = await Promise.all([1, 2, 3, 4, 5].map(() => stage.given.product({ stock: 5_000 })));
	return inTurns(CHECKOUTS, async (n) => {
		const customer = await stage.given.customer();
		const wishes = [products[n % 5]!, products[(n + 2) % 5]!].map((product) => ({ product, quantity: 1 + (n % 3) }));
		const cart = await stage.given.cart(customer, ...wishes);
		return { customer, cart, token: TOKENS[n % TOKENS.length]!, key: randomUUID() };
	});
}

function shopAll(stage: Stage, plans: readonly Plan[], progress: { answered: number }): Promise<PlacedOrder[]> {
	return inTurns(plans.length, async (n) => {
		const { customer, cart, token, key } = plans[n]!;
		const order = await patiently(() => stage.when.checksOutCart(customer, cart, { token, key }));
		progress.answered++;
		return order;
	});
}

/** Results in their order; so many at once, each beginning when one has ended. */
async function inTurns<Result>(count: number, work: (n: number) => Promise<Result>): Promise<Result[]> {
	const results: Result[] = [];
	let next = 0;
	const worker = async (): Promise<void> => {
		while (next < count) {
			const n = next++;
			results[n] = await work(n);
		}
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	return results;
}

/** Asks again while the shop says that it can't right now. Anything else that it says is an answer. */
async function patiently<Answer extends object>(work: () => Promise<Answer>): Promise<Answer> {
	const answer = await until<{ is: Answer } | { no: unknown }>(
		async () => {
			try {
				return { is: await work() };
			} catch (error) {
				if (error instanceof Refusal && error.code !== "UNAVAILABLE") return { no: error };
				throw error;
			}
		},
		{ what: "an answer", everyMs: PATIENCE.askEveryMs, withinMs: PATIENCE.withinMs },
	);
	if ("no" in answer) throw answer.no;
	return answer.is;
}
