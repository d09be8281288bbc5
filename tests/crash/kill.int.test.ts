import { randomUUID } from "node:crypto";
import { Pool } from "pg";
import type { Auditor } from "../support/auditor";
import { embeddedData } from "../support/embedded-shop";
import { committedEvents } from "../support/invariants";
import { postgresAuditor } from "../support/postgres-auditor";
import { rabbitmqAuditor } from "../support/rabbitmq-auditor";
import { realServices, testDatabase, testVhost } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess, type ShopProcess } from "../support/shop-process";
import { stageOf, type Stage } from "../support/shop-stage";
import type { Account, Cart, PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";

const CHECKOUTS = 50;
/** So many answers have arrived when the process is killed; the others are anywhere. */
const ANSWERED_AT_KILL = 20;
const TOKENS = ["tok_approve", "tok_approve", "tok_decline", "tok_error_once", "tok_slow", "tok_timeout"];

/** What outlives the process that is killed. */
interface Ground extends AsyncDisposable {
	environment: Record<string, string>;
	/** Looks at the database of a process that runs. */
	look(): Promise<{ database: Pool; auditor: Auditor } & AsyncDisposable>;
}

const GROUNDS: [name: string, lay: () => Promise<Ground>][] = [
	["on the embedded database", embeddedGround],
	...(realServices.rabbitmq ? [["over RabbitMQ", rabbitmqGround] as [string, () => Promise<Ground>]] : []),
];

test.each(GROUNDS)(
	"kill -9 in the middle of fifty checkouts loses, doubles and half-does nothing, %s",
	async (name, lay) => {
		await using ground = await lay();
		const initialStock = new Map<string, number>();
		let plans: Plan[];
		let answered: PlacedOrder[];
		{
			await using shop = await startShopProcess("killed", ground.environment);
			await shop.ready();
			await using sight = await ground.look();
			const stage = stageOf({ url: () => shop.url, ...sight, initialStock });
			plans = await filledCarts(stage);

			answered = await killAmong(stage, shop, plans);
		}

		await using shop = await startShopProcess("successor", ground.environment);
		const startedAt = performance.now();
		await shop.ready();
		const readyMs = Math.round(performance.now() - startedAt);
		await using sight = await ground.look();
		const stage = stageOf({ url: () => shop.url, ...sight, initialStock });
		const durable = await acceptedIn(sight.database);
		await terminal(sight.database);
		const terminalMs = Math.round(performance.now() - startedAt);
		const all = await Promise.all(plans.map((plan) => order(stage, plan)));
		await terminal(sight.database);
		await stage.untilSound();

		expect(durable).toEqual(expect.arrayContaining(answered.map(({ id }) => id)));
		expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(durable));
		expect(new Set(all.map(({ id }) => id)).size).toBe(CHECKOUTS);
		const ends = await Promise.all(all.map((each) => stage.look(each)));
		expect(ends.map(({ status }) => status)).toEqual(
			plans.map(({ token }) => (token === "tok_decline" ? "COMPENSATED" : "CONFIRMED")),
		);
		expect(await stage.deadLetters()).toEqual([]);
		const heard = await sight.auditor.heard();
		const committed = await committedEvents(sight.database);
		process.stdout.write(
			`kill -9 ${name}: ${answered.length} of ${CHECKOUTS} answered, ${durable.length} accepted; ` +
				`ready again after ${readyMs} ms, all of them terminal after ${terminalMs} ms; ` +
				`${committed} events committed, ${heard.length} heard, ${heard.length - committed} of them twice; invariants hold\n`,
		);
	},
	600_000,
);

/** A shopper, what they are about to order, and the key that makes asking again safe. */
interface Plan {
	customer: Account;
	cart: Cart;
	token: string;
	key: string;
}

async function filledCarts(stage: Stage): Promise<Plan[]> {
	const products = await Promise.all([1, 2, 3, 4, 5].map(() => stage.given.product({ stock: 1_000 })));
	return Promise.all(
		Array.from({ length: CHECKOUTS }, async (_, n) => {
			const customer = await stage.given.customer();
			const wishes = [products[n % 5]!, products[(n + 1) % 5]!].map((product) => ({ product, quantity: 1 + (n % 3) }));
			const cart = await stage.given.cart(customer, ...wishes);
			return { customer, cart, token: TOKENS[n % TOKENS.length]!, key: randomUUID() };
		}),
	);
}

function order(stage: Stage, { customer, cart, token, key }: Plan): Promise<PlacedOrder> {
	return stage.when.checksOutCart(customer, cart, { token, key });
}

/** @returns the orders that their shoppers were told of before the process died */
async function killAmong(stage: Stage, shop: ShopProcess, plans: readonly Plan[]): Promise<PlacedOrder[]> {
	const answered: PlacedOrder[] = [];
	// Awaited from the beginning: those that the kill cuts off are rejected before the process is seen to be gone.
	const sent = Promise.allSettled(plans.map((plan) => order(stage, plan).then((placed) => answered.push(placed))));
	await until(() => answered.length >= ANSWERED_AT_KILL, { what: `${ANSWERED_AT_KILL} answers`, withinMs: 60_000 });
	await shop.end("SIGKILL");
	await sent;
	return answered;
}

async function acceptedIn(database: Pool): Promise<string[]> {
	const { rows } = await database.query<{ id: string }>("SELECT order_id AS id FROM cart.checkouts");
	return rows.map(({ id }) => id);
}

/** Waits until every accepted checkout has come to an end. */
async function terminal(database: Pool): Promise<void> {
	await until(
		async () => {
			const { rows } = await database.query(
				`SELECT order_id, status FROM cart.checkouts LEFT JOIN orders.orders ON orders.id = order_id
				WHERE status IS NULL OR status NOT IN ('CONFIRMED', 'COMPENSATED')`,
			);
			if (rows.length > 0) throw new Error(`${rows.length} are not: ${JSON.stringify(rows.slice(0, 5))}`);
			return true;
		},
		{ what: "every accepted order to be CONFIRMED or COMPENSATED", withinMs: 90_000 },
	);
}

async function embeddedGround(): Promise<Ground> {
	const data = await embeddedData();
	return {
		environment: { ...shopEnvironment(undefined, undefined), DATA_DIR: data.folder },
		async look() {
			const url = await data.url();
			return looking(url, await postgresAuditor(url));
		},
		[Symbol.asyncDispose]: async () => data[Symbol.asyncDispose](),
	};
}

async function rabbitmqGround(): Promise<Ground> {
	const base = await testDatabase();
	const vhost = await testVhost();
	const auditor = await rabbitmqAuditor(vhost.url);
	return {
		environment: shopEnvironment(base.url, vhost.url),
		look: async () => looking(base.url, { ...auditor, [Symbol.asyncDispose]: async () => undefined }),
		async [Symbol.asyncDispose]() {
			await auditor[Symbol.asyncDispose]();
			await vhost[Symbol.asyncDispose]();
			await base[Symbol.asyncDispose]();
		},
	};
}

function looking(url: string, auditor: Auditor) {
	const database = new Pool({ connectionString: url, max: 2, application_name: "molecart tests" });
	database.on("error", () => undefined);
	return {
		database,
		auditor,
		async [Symbol.asyncDispose]() {
			await auditor[Symbol.asyncDispose]();
			await database.end();
		},
	};
}
