import { randomUUID } from "node:crypto";
import os from "node:os";
import { parseArgs } from "node:util";
import { connect } from "amqplib";
import type { Logger } from "moleculer";
import { Client } from "pg";
import { sharePool } from "../mixins/database/pools";
import { rabbitmqTransport } from "../mixins/events/rabbitmq/transport";
import { partitionLeases } from "../mixins/outbox/leases";
import { relay } from "../mixins/outbox/relay";
import { messageOf, type OutboxRow } from "../mixins/outbox/row";
import { outboxStatements } from "../mixins/outbox/statements";
import { fillOutbox, letterTopology } from "./letters";
import { figure, median, table } from "./report";
import { ask, makeSchemas } from "./schemas";
import { openServers } from "./servers";

/**
 * `npm run bench:relaying`: how fast a backlog leaves the outbox, beside amqplib that publishes the same bodies to the
 * same queue and does nothing else.
 */
const { values: options } = parseArgs({
	options: { events: { type: "string", default: "100000" }, rounds: { type: "string", default: "3" } },
});
const count = Number(options.events);
const rounds = Number(options.rounds);
const BATCH = 500;

const quiet = Object.fromEntries(
	["fatal", "error", "warn", "info", "debug", "trace"].map((level) => [level, () => undefined]),
) as unknown as Logger;

interface Servers {
	url: string;
	amqpUrl: string;
}

/** Every event as the message that the relay makes of it. */
async function bodiesOf(url: string): Promise<Buffer[]> {
	const rows = await ask<OutboxRow>(url, "SELECT *, data::text AS data FROM letters.outbox ORDER BY seq");
	return rows.map((row) => Buffer.from(messageOf(row, "letters", true).body));
}

/** @returns events a second */
async function bareAmqplib({ amqpUrl }: Servers, bodies: readonly Buffer[]): Promise<number> {
	const connection = await connect(amqpUrl, { noDelay: true });
	const channel = await connection.createConfirmChannel();
	const beganMs = performance.now();
	for (let from = 0; from < bodies.length; from += BATCH) {
		for (const body of bodies.slice(from, from + BATCH)) {
			channel.publish("letters.events", "letter.written", body, {
				persistent: true,
				mandatory: true,
				messageId: randomUUID(),
				contentType: "application/json",
			});
		}
		await channel.waitForConfirms();
	}
	const perSecond = (bodies.length / (performance.now() - beganMs)) * 1_000;
	await connection.close();
	return perSecond;
}

/** @returns events a second, and of the slowest and the last tenth */
async function relayed({ url, amqpUrl }: Servers): Promise<{ perSecond: number; lastTenth: number }> {
	const share = sharePool({ url });
	const transport = rabbitmqTransport({ url: amqpUrl, node: "bench", log: quiet });
	await transport.connect();
	const statements = outboxStatements("letters");
	const leases = partitionLeases(share.database, "letters", randomUUID());
	await leases.renew();
	const doneAtMs: number[] = [];
	let removed = 0;
	const db = {
		...share.database,
		async query(statement: { name: string; text: string }, values?: readonly unknown[]) {
			const rows = await share.database.query(statement, values);
			if (statement.name === statements.remove.name) {
				removed += (values![0] as unknown[]).length;
				while (doneAtMs.length < Math.floor((removed / count) * 10)) doneAtMs.push(performance.now());
			}
			return rows;
		},
	} as typeof share.database;
	const worker = relay({
		db,
		statements,
		leases,
		transport,
		topology: letterTopology,
		producer: "letters",
		meter: { count: () => undefined, time: () => undefined },
		log: quiet,
	});
	const renew = async (): Promise<void> => worker.renewed(await leases.renew(worker.read()));
	const renewal = setInterval(() => void renew(), 1_000);
	const beganMs = performance.now();
	worker.start();
	while (doneAtMs.length < 10) await new Promise((resolve) => setTimeout(resolve, 5));
	await worker.stop();
	clearInterval(renewal);
	await leases.release();
	await transport.close();
	await share.release();
	const tenth = count / 10;
	return {
		perSecond: (count / (doneAtMs[9]! - beganMs)) * 1_000,
		lastTenth: (tenth / (doneAtMs[9]! - doneAtMs[8]!)) * 1_000,
	};
}

/** Holds a transaction open that sees the database as it is now, and so keeps every removed row in the way. */
async function longTransaction(url: string): Promise<AsyncDisposable> {
	const client = new Client({ connectionString: url });
	await client.connect();
	await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ");
	await client.query("SELECT count(*) FROM letters.outbox");
	return {
		async [Symbol.asyncDispose]() {
			await client.query("ROLLBACK");
			await client.end();
		},
	};
}

async function emptyQueue({ amqpUrl }: Servers): Promise<void> {
	const connection = await connect(amqpUrl);
	const channel = await connection.createChannel();
	await channel.purgeQueue("readers.desk");
	await connection.close();
}

async function measure(servers: Servers): Promise<string[][]> {
	const alone: number[] = [];
	const calm: Awaited<ReturnType<typeof relayed>>[] = [];
	const held: Awaited<ReturnType<typeof relayed>>[] = [];
	for (let round = 0; round < rounds; round++) {
		await fillOutbox(servers.url, count);
		alone.push(await bareAmqplib(servers, await bodiesOf(servers.url)));
		await emptyQueue(servers);
		calm.push(await relayed(servers));
		await emptyQueue(servers);
		await fillOutbox(servers.url, count);
		{
			await using _old = await longTransaction(servers.url);
			held.push(await relayed(servers));
			// A second backlog over the removed rows of the first.
			await fillOutbox(servers.url, count);
			held[round] = await relayed(servers);
		}
		await emptyQueue(servers);
		await ask(servers.url, "TRUNCATE letters.outbox, letters.outbox_history");
		process.stderr.write(`… round ${round + 1}\n`);
	}
	const row = (title: string, runs: { perSecond: number; lastTenth: number }[]): string[] => [
		title,
		figure(median(runs.map(({ perSecond }) => perSecond))),
		figure(median(runs.map(({ lastTenth }) => lastTenth))),
		median(runs.map(({ perSecond }, round) => perSecond / alone[round]!)).toFixed(2),
	];
	return [
		["bare amqplib, confirms in batches", figure(median(alone)), "", "1.00"],
		row("the relay", calm),
		row("the relay, beside a transaction held open over twice as many removed rows", held),
	];
}

async function main(): Promise<void> {
	await using servers = await openServers();
	if ("unusable" in servers.rabbitmq) throw new Error(`RabbitMQ is needed: ${servers.rabbitmq.unusable}`);
	const url = await servers.newDatabase("bench_relaying");
	await makeSchemas(url, "letters");
	const { amqpUrl } = servers.rabbitmq;
	const transport = rabbitmqTransport({ url: amqpUrl, node: "bench", log: quiet });
	await transport.connect();
	await transport.declare(letterTopology);
	await transport.close();
	console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${servers.postgres}`);
	console.log(`${os.cpus().length} cores (${os.cpus()[0]?.model}), load ${os.loadavg()[0]!.toFixed(1)} before`);
	console.log(`Backlogs of ${count} events, middle of ${rounds} rounds.\n`);
	const rows = await measure({ url, amqpUrl });
	console.log(table(["events a second", "all", "the last tenth", "ratio"], rows));
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
