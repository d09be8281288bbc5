import os from "node:os";
import { parseArgs } from "node:util";
import { CHECKOUTS_HEAD, measureCheckouts } from "./checkouts";
import type { Load } from "./closed-loop";
import { measureReads, READS_HEAD } from "./reads";
import { recordPurchase, type Recording } from "./recording";
import { table } from "./report";
import { openServers, type Servers } from "./servers";
import { startNodes, startShop, stockProducts } from "./shop";
import { measureVisits, VISITS_HEAD } from "./visits";

/** `npm run bench`: prints what RESULTS.md keeps. */

const { values: options } = parseArgs({
	options: {
		seconds: { type: "string", default: "5" },
		rounds: { type: "string", default: "3" },
		concurrency: { type: "string", default: "1,8,32" },
	},
});
const rounds = Number(options.rounds);
const loads: Load[] = options.concurrency.split(",").map((concurrency) => ({
	concurrency: Number(concurrency),
	warmUpMs: 3_000,
	measureMs: Number(options.seconds) * 1_000,
}));

interface Rows {
	checkouts: string[][];
	visits: string[][];
	reads: string[][];
}

async function measure(servers: Servers): Promise<Rows> {
	const { dataDir, rabbitmq } = servers;
	const limitDatabaseUrl = await servers.newDatabase("bench_limit");
	const recording = await recordPurchase({ databaseUrl: limitDatabaseUrl, dataDir });
	describe(recording);
	const limit = { recording, limitDatabaseUrl, rounds };
	const rows: Rows = { checkouts: [], visits: [], reads: [] };

	const embedded = { title: "embedded", databaseUrl: await servers.newDatabase("bench_embedded"), dataDir };
	{
		await using shop = await startShop(embedded);
		const productIds = await stockProducts(shop.url);
		for (const load of loads) {
			say(`${embedded.title}, ${load.concurrency} shoppers`);
			rows.checkouts.push(
				await measureCheckouts(load, { ...limit, title: embedded.title, shopUrl: shop.url, productIds }),
			);
		}
		for (const load of loads) {
			say(`${load.concurrency} visitors`);
			rows.visits.push(await measureVisits(load, shop.url, rounds));
		}
		for (const load of loads) {
			say(`${load.concurrency} readers`);
			const databaseUrl = embedded.databaseUrl;
			rows.reads.push(...(await measureReads(load, { shopUrl: shop.url, databaseUrl, rounds })));
		}
	}
	if ("unusable" in rabbitmq) {
		console.log(`\nNot measured: checkouts over RabbitMQ (${rabbitmq.unusable}).`);
		return rows;
	}
	const { amqpUrl } = rabbitmq;
	for (const [title, start] of [
		["RabbitMQ", startShop],
		["RabbitMQ, six nodes", startNodes],
	] as const) {
		const databaseUrl = await servers.newDatabase(start === startShop ? "bench_rabbitmq" : "bench_nodes");
		await using shop = await start({ databaseUrl, amqpUrl, dataDir });
		const productIds = await stockProducts(shop.url);
		for (const load of loads) {
			say(`${title}, ${load.concurrency} shoppers`);
			rows.checkouts.push(await measureCheckouts(load, { ...limit, title, shopUrl: shop.url, productIds }));
		}
	}
	return rows;
}

function describe({ units }: Recording): void {
	const statements = units.flat().length;
	console.log(
		`\nThe limit: one purchase is ${units.length} commits with ${statements} statements, BEGIN and COMMIT included:`,
	);
	for (const unit of units) {
		const names = unit.map(({ name, text }) => name ?? text.replaceAll(/\s+/g, " ").slice(0, 60));
		console.log(`- ${names.join("; ")}`);
	}
}

/** Progress, beside the figures. */
function say(what: string): void {
	process.stderr.write(`… ${what}\n`);
}

async function main(): Promise<void> {
	await using servers = await openServers();
	const [cpu] = os.cpus();
	console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${servers.postgres}`);
	console.log(`${os.cpus().length} cores (${cpu?.model ?? "unknown"}), load ${os.loadavg()[0]!.toFixed(1)} before`);
	console.log(`Middle of ${rounds} rounds of ${options.seconds} s each, after 3 s to warm up.`);
	const { checkouts, visits, reads } = await measure(servers);
	console.log(`\n${table(CHECKOUTS_HEAD, checkouts)}`);
	console.log(`\n${table(VISITS_HEAD, visits)}`);
	console.log(`\n${table(READS_HEAD, reads)}`);
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
