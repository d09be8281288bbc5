import os from "node:os";
import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { v7 as uuidv7 } from "uuid";
import { sharePool } from "../mixins/database/pools";
import type { OutgoingMessage } from "../mixins/events/transport";
import { onServer } from "../tests/support/postgres-server";
import { inChild } from "./child";
import type { CommitterTask } from "./committer";
import type { ConsumerTask } from "./consumer";
import { NoteTaken, prepareNotes, queueOf, type Consumed } from "./notes";
import { notesTransport, type NotesTransport } from "./notes-transport";
import { figure, median, table } from "./report";
import { openServers, type Servers } from "./servers";

/** `npm run bench:consuming`: a backlog consumed by the Events mixin, beside plain `pg` with the same statements. */

const { values: options } = parseArgs({
	options: {
		events: { type: "string", default: "100000" },
		rounds: { type: "string", default: "3" },
		prefetch: { type: "string" },
	},
});
const events = Number(options.events);
const prefetch = options.prefetch === undefined ? undefined : Number(options.prefetch);

const CHUNK = 1_000;

/** Fills the queue. */
async function backlog(place: NotesTransport): Promise<void> {
	const share = sharePool({ url: place.databaseUrl });
	const transport = notesTransport(place, share.database);
	await transport.connect();
	await transport.declare({ exchanges: [NoteTaken.exchange], queues: [queueOf(prefetch)] });
	for (let sent = 0; sent < events; sent += CHUNK) {
		const outcomes = await transport.publish(Array.from({ length: Math.min(CHUNK, events - sent) }, note));
		const refused = outcomes.find(({ confirmed }) => !confirmed);
		if (refused) throw new Error(`The queue could not be filled: ${JSON.stringify(refused)}`);
	}
	await transport.close();
	await share.release();
}

function note(): OutgoingMessage {
	const { contract, aggregateId, data } = NoteTaken({
		noteId: randomUUID(),
		takenBy: "a reader",
		amount: 1_999,
		currency: "USD",
	});
	const envelope = {
		event_id: uuidv7(),
		event_type: contract.type,
		version: contract.version,
		timestamp: new Date().toISOString(),
		correlation_id: aggregateId,
		causation_id: aggregateId,
		aggregate_id: aggregateId,
		aggregate_version: 1,
		producer: contract.producer,
		data,
	};
	return {
		exchange: contract.exchange,
		routingKey: contract.routingKey,
		eventId: envelope.event_id,
		eventType: contract.type,
		correlationId: aggregateId,
		timestamp: new Date(),
		body: JSON.stringify(envelope),
		mandatory: true,
	};
}

interface Round {
	consumed: Consumed;
	/** Events that shared a transaction, on average. */
	batch: number;
	committed: Consumed;
}

/** The mixin first, then plain `pg` with as many events in a transaction. */
async function measure(place: NotesTransport, independent: boolean): Promise<Round> {
	await backlog(place);
	const consumed = await inChild<ConsumerTask, Consumed>("consumer.ts", { ...place, events, prefetch, independent });
	const batch = events / (await transactionsIn(place.databaseUrl));
	const committed = await inChild<CommitterTask, Consumed>("committer.ts", {
		databaseUrl: place.databaseUrl,
		events,
		batch: Math.round(batch),
	});
	return { consumed, batch, committed };
}

/** In how many transactions the notes were written. Empties the tables, so that each measurement finds them alike. */
async function transactionsIn(databaseUrl: string): Promise<number> {
	const [found] = await onServer(databaseUrl, async (client) => {
		const { rows } = await client.query<{ notes: number; transactions: number }>(
			"SELECT count(*)::int AS notes, count(DISTINCT xmin::text)::int AS transactions FROM reader.notes",
		);
		await client.query("TRUNCATE reader.notes, reader.inbox");
		return rows;
	});
	if (found!.notes !== events) throw new Error(`${events} events were sent, and ${found!.notes} had their effect`);
	return found!.transactions;
}

async function measureAll(servers: Servers): Promise<string[][]> {
	const rows: string[][] = [];
	const places = [
		...("unusable" in servers.rabbitmq ? [] : [{ name: "RabbitMQ", amqpUrl: servers.rabbitmq.amqpUrl }]),
		{ name: "PostgreSQL", amqpUrl: undefined },
	];
	const ways = places.flatMap((place) => [
		{ ...place, title: `${place.name}, handlers in turn`, independent: false },
		{ ...place, title: `${place.name}, side by side`, independent: true },
	]);
	for (const { name, amqpUrl, title, independent } of ways) {
		const rounds: Round[] = [];
		for (let round = 1; round <= Number(options.rounds); round++) {
			const databaseUrl = await servers.newDatabase(`bench_${name.toLowerCase()}_${independent}_${round}`);
			await prepareNotes(databaseUrl);
			process.stderr.write(`… ${title}, round ${round}\n`);
			rounds.push(await measure({ databaseUrl, amqpUrl }, independent));
		}
		const middle = (of: (round: Round) => number): number => median(rounds.map(of));
		rows.push([
			title,
			figure(middle(({ consumed }) => consumed.perSecond)),
			figure(middle(({ batch }) => batch)),
			figure(middle(({ committed }) => committed.perSecond)),
			middle(({ consumed, committed }) => consumed.perSecond / committed.perSecond).toFixed(2),
			`${figure(middle(({ consumed }) => consumed.cpuUs))} / ${figure(middle(({ committed }) => committed.cpuUs))}`,
		]);
	}
	return rows;
}

async function main(): Promise<void> {
	await using servers = await openServers();
	const [cpu] = os.cpus();
	console.log(`${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${servers.postgres}`);
	console.log(`${os.cpus().length} cores (${cpu?.model ?? "unknown"}), load ${os.loadavg()[0]!.toFixed(1)} before`);
	console.log(`${events.toLocaleString("en")} events in the queue; middle of ${options.rounds} rounds.`);
	if ("unusable" in servers.rabbitmq) console.log(`Not measured: RabbitMQ (${servers.rabbitmq.unusable}).`);
	const head = [
		"consumed over",
		"events a second",
		"in a transaction",
		"plain pg a second",
		"ratio",
		"Node CPU, µs an event",
	];
	console.log(`\n${table(head, await measureAll(servers))}`);
}

main().catch((error: unknown) => {
	console.error(error);
	process.exitCode = 1;
});
