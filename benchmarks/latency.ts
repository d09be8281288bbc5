import { randomUUID } from "node:crypto";
import os from "node:os";
import { parseArgs } from "node:util";
import { ServiceBroker, type Service } from "moleculer";
import { Database, type WithDatabase } from "../mixins/database/database.mixin";
import { sharePool } from "../mixins/database/pools";
import { consumer, Events, on } from "../mixins/events/events.mixin";
import { postgresTransport } from "../mixins/events/postgres/transport";
import { rabbitmqTransport } from "../mixins/events/rabbitmq/transport";
import type { EventTransport } from "../mixins/events/transport";
import { Outbox, type WithOutbox } from "../mixins/outbox/outbox.mixin";
import { letterTopology, LetterWritten, TEXT } from "./letters";
import { figure, table } from "./report";
import { makeSchemas } from "./schemas";
import { openServers } from "./servers";

/**
 * `npm run bench:latency`: how long it takes from the commit of an event to the start of its handler. Events are written
 * at the times that a clock gives, whatever became of those before (an open loop).
 */
const { values: options } = parseArgs({
	options: { seconds: { type: "string", default: "20" }, "per-second": { type: "string", default: "200" } },
});
const seconds = Number(options.seconds);
const perSecond = Number(options["per-second"]);
const WARM_UP_S = 3;
const LONE_EVENTS = 200;

const say = { info: () => undefined, warn: console.error, error: console.error };
type Letters = Service & WithDatabase & WithOutbox;

interface Post extends AsyncDisposable {
	/** Milliseconds from the commit to the handler. */
	send(): Promise<number>;
}

/** A service that writes and one that reads, on one node. */
async function openPost(url: string, transport: EventTransport): Promise<Post> {
	const committedAtMs = new Map<string, number>();
	const arrivals = new Map<string, (latencyMs: number) => void>();
	const read = consumer<Service>(
		"readers.desk",
		on(LetterWritten, async (_tx, { data }) => {
			const arrivedAtMs = performance.now();
			// The commit's answer may arrive after the event.
			setImmediate(() =>
				arrivals.get(data.letterId)?.(arrivedAtMs - (committedAtMs.get(data.letterId) ?? arrivedAtMs)),
			);
		}),
	);
	await transport.connect();
	await transport.declare(letterTopology);
	const broker = new ServiceBroker({ logger: false });
	const letters = broker.createService({
		name: "letters",
		mixins: [Database({ url }), Outbox({ schema: "letters", transport, topology: letterTopology })],
	}) as unknown as Letters;
	broker.createService({
		name: "readers",
		mixins: [Database({ url }), Events({ schema: "readers", transport, consumers: [read] })],
	});
	await broker.start();
	return {
		async send() {
			const letterId = randomUUID();
			const arrived = new Promise<number>((resolve) => arrivals.set(letterId, resolve));
			await letters.db.transaction(async (tx) => {
				await letters.publish(tx, LetterWritten({ letterId, text: TEXT }), {
					correlationId: letterId,
					causationId: letterId,
				});
				tx.afterCommit(() => committedAtMs.set(letterId, performance.now()));
			});
			const latencyMs = await arrived;
			arrivals.delete(letterId);
			committedAtMs.delete(letterId);
			return latencyMs;
		},
		async [Symbol.asyncDispose]() {
			await broker.stop();
			await transport.close();
		},
	};
}

async function alone(post: Post): Promise<number[]> {
	const latencies: number[] = [];
	for (let sent = 0; sent < LONE_EVENTS; sent++) {
		latencies.push(await post.send());
		await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 40));
	}
	return latencies;
}

async function inAStream(post: Post, forS: number): Promise<number[]> {
	const sending: Promise<number>[] = [];
	const beganMs = performance.now();
	for (let sent = 0; sent < perSecond * forS; sent++) {
		const waitMs = beganMs + (sent * 1_000) / perSecond - performance.now();
		if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
		sending.push(post.send());
	}
	return Promise.all(sending);
}

function row(title: string, latencies: readonly number[]): string[] {
	const sorted = latencies.toSorted((a, b) => a - b);
	return [title, ...[0.5, 0.95, 0.99, 1].map((p) => figure(sorted[Math.ceil(sorted.length * p) - 1]!))];
}

async function measure(title: string, url: string, transport: EventTransport): Promise<string[][]> {
	await makeSchemas(url, "letters", "readers");
	await using post = await openPost(url, transport);
	await inAStream(post, WARM_UP_S);
	process.stderr.write(`… ${title}\n`);
	return [
		row(`${title}, one now and then`, await alone(post)),
		row(`${title}, ${perSecond} a second`, await inAStream(post, seconds)),
	];
}

async function main(): Promise<void> {
	await using servers = await openServers();
	console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${servers.postgres}`);
	console.log(`${os.cpus().length} cores (${os.cpus()[0]?.model}), load ${os.loadavg()[0]!.toFixed(1)} before\n`);
	const rows: string[][] = [];
	if ("unusable" in servers.rabbitmq) {
		console.log(`Not measured: RabbitMQ (${servers.rabbitmq.unusable}).\n`);
	} else {
		const transport = rabbitmqTransport({ url: servers.rabbitmq.amqpUrl, node: "bench", log: say });
		rows.push(...(await measure("RabbitMQ", await servers.newDatabase("bench_latency_rabbitmq"), transport)));
	}
	const url = await servers.newDatabase("bench_latency_postgres");
	const share = sharePool({ url });
	rows.push(
		...(await measure("PostgreSQL", url, postgresTransport({ database: share.database, node: "bench", log: say }))),
	);
	await share.release();
	console.log(table(["commit to handler, ms", "p50", "p95", "p99", "longest"], rows));
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
