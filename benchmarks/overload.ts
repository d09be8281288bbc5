import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import os from "node:os";
import { parseArgs } from "node:util";
import type { ArrivalsTask, Kind, Outcome, Phase } from "./arrivals";
import { inChild } from "./child";
import { doorOf } from "./door";
import { figure, table } from "./report";
import { openServers } from "./servers";
import { startNodes, startShop, stockProducts, type Shop } from "./shop";

/**
 * `npm run bench:overload`: more people than the shop can serve. First the saturation S is looked for, the highest rate
 * at which nothing is refused and the slowest hundredth still meets its deadline; then 0.7 S, 2 S, 5 S with people who
 * come back when they are told to, and 0.7 S again.
 */
const { values: options } = parseArgs({
	options: {
		/** Arrivals a second, where S is known already. */
		saturation: { type: "string" },
		seconds: { type: "string", default: "20" },
		/** One node for each service, over RabbitMQ. */
		nodes: { type: "boolean", default: false },
	},
});
const seconds = Number(options.seconds);

const CUSTOMERS = 6_000;
const DEADLINE_MS: Record<Kind, number> = { browse: 150, add: 800, checkout: 800 };
const SEARCH_FROM = 100;
const SEARCH_STEP = 1.25;
const SEARCH_S = 6;
/** The first seconds of a phase are its beginning, and not what it comes to. */
const SETTLE_S = 3;

interface Stage {
	shop: Shop;
	play(...phases: Phase[]): Promise<Outcome[][]>;
}

async function open(shop: Shop): Promise<Stage> {
	const productIds = await stockProducts(shop.url);
	const customers = await registerCustomers(shop.url, CUSTOMERS);
	return {
		shop,
		async play(...phases) {
			const task: ArrivalsTask = { url: shop.url, productIds, customers, phases };
			return (await inChild<ArrivalsTask, { phases: Outcome[][] }>("arrivals.ts", task)).phases;
		},
	};
}

async function registerCustomers(url: string, count: number): Promise<string[]> {
	const door = doorOf(url);
	const tokens: string[] = [];
	for (let n = 0; n < count; n++) {
		const input = { email: `${randomUUID()}@example.com`, password: randomUUID(), name: "A shopper" };
		const { registerUser } = await door.ask<{ registerUser: { accessToken: string } }>(
			"mutation ($input: RegisterUserInput!) { registerUser(input: $input) { accessToken } }",
			{ input },
		);
		tokens.push(registerUser.accessToken);
	}
	return tokens;
}

async function saturationOf({ play }: Stage): Promise<number> {
	await play({ arrivalsPerSecond: SEARCH_FROM, seconds: 5, retries: 0 });
	let reached = 0;
	for (let rate = SEARCH_FROM; ; rate = Math.round(rate * SEARCH_STEP)) {
		const [outcomes] = await play({ arrivalsPerSecond: rate, seconds: SEARCH_S, retries: 0 });
		const kept = keepsDeadlines(outcomes!);
		process.stderr.write(`… ${rate} a second: ${kept ? "in time" : "too late"}\n`);
		if (!kept) return reached;
		reached = rate;
	}
}

function keepsDeadlines(outcomes: readonly Outcome[]): boolean {
	const settled = outcomes.filter(({ dueS }) => dueS >= 1);
	if (settled.some(({ end }) => end !== "done")) return false;
	return kindsIn(settled).every((kind) => percentile(timesOf(settled, kind, "done"), 99) <= DEADLINE_MS[kind]);
}

function kindsIn(outcomes: readonly Outcome[]): Kind[] {
	return (["browse", "add", "checkout"] as const).filter((kind) => outcomes.some((each) => each.kind === kind));
}

function timesOf(outcomes: readonly Outcome[], kind: Kind, end: Outcome["end"]): number[] {
	return outcomes.filter((each) => each.kind === kind && each.end === end).map(({ tookMs }) => tookMs);
}

function percentile(values: readonly number[], p: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** One row for each kind of request, and one for all. */
function rowsOf(title: string, phase: Phase, outcomes: readonly Outcome[], memoryMb: string): string[][] {
	const settled = outcomes.filter(({ dueS }) => dueS >= SETTLE_S && dueS < phase.seconds);
	const perSecond = (count: number): string => figure(count / (phase.seconds - SETTLE_S));
	const kinds = kindsIn(settled).map((kind) => {
		const done = timesOf(settled, kind, "done");
		const refused = timesOf(settled, kind, "refused");
		const asked = settled.filter((each) => each.kind === kind).length;
		return [
			`${title}, ${kind}`,
			perSecond(asked),
			perSecond(done.length),
			`${Math.round((100 * refused.length) / asked)} %`,
			String(asked - done.length - refused.length),
			`${figure(percentile(done, 50))} / ${figure(percentile(done, 99))}`,
			refused.length === 0 ? "" : `${figure(percentile(refused, 50))} / ${figure(percentile(refused, 99))}`,
			"",
		];
	});
	const done = settled.filter(({ end }) => end === "done").length;
	return [...kinds, [`${title}, all`, perSecond(settled.length), perSecond(done), "", "", "", "", memoryMb]];
}

async function memoryMbOf({ process: { pid } }: Shop): Promise<string> {
	const status = await readFile(`/proc/${pid}/status`, "utf8");
	return figure(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1_000);
}

/** Seconds until each second from then on keeps the deadlines, with nothing refused. */
function normalAfterS(outcomes: readonly Outcome[], ofS: number): number {
	for (let second = ofS - 1; second >= 0; second--) {
		const within = outcomes.filter(({ dueS }) => dueS >= second && dueS < second + 1);
		const isNormal =
			within.every(({ end }) => end === "done") &&
			kindsIn(within).every((kind) => percentile(timesOf(within, kind, "done"), 99) <= DEADLINE_MS[kind]);
		if (!isNormal) return second + 1;
	}
	return 0;
}

async function main(): Promise<void> {
	await using servers = await openServers();
	console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${servers.postgres}`);
	console.log(`${os.cpus().length} cores (${os.cpus()[0]?.model}), load ${os.loadavg()[0]!.toFixed(1)} before\n`);
	const shopOptions = { databaseUrl: await servers.newDatabase("bench_overload"), dataDir: servers.dataDir };
	if (options.nodes && "unusable" in servers.rabbitmq) throw new Error(servers.rabbitmq.unusable);
	await using shop = options.nodes
		? await startNodes({ ...shopOptions, ...(servers.rabbitmq as { amqpUrl: string }) })
		: await startShop(shopOptions);
	const stage = await open(shop);
	const saturation = options.saturation ? Number(options.saturation) : await saturationOf(stage);
	console.log(`S is ${saturation} arrivals a second, of whom every tenth buys one thing.\n`);

	const phase = (times: number, retries = 0): Phase => ({ arrivalsPerSecond: times * saturation, seconds, retries });
	const rows: string[][] = [];
	for (const times of [0.7, 1, 2]) {
		const [outcomes] = await stage.play(phase(times));
		rows.push(...rowsOf(`${times} S`, phase(times), outcomes!, await memoryMbOf(shop)));
	}
	const [storm, after] = await stage.play(phase(5, 3), phase(0.7));
	rows.push(...rowsOf("5 S, coming back", phase(5), storm!, await memoryMbOf(shop)));
	rows.push(...rowsOf("0.7 S afterwards", phase(0.7), after!, await memoryMbOf(shop)));
	const head = [
		"",
		"asked a second",
		"done a second",
		"refused",
		"failed",
		"done, ms (p50 / p99)",
		"refused, ms",
		"MB",
	];
	console.log(table(head, rows));
	console.log(`\nNormal again after ${normalAfterS(after!, seconds)} s.`);
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
