import type { OutgoingMessage, PublishOutcome } from "../events/transport";
import { relay } from "./relay";
import type { OutboxRow } from "./row";

const PARTITION = 3;

/** An event of one aggregate, waiting in the outbox. */
const version = (number: number): OutboxRow => ({
	seq: number,
	partition: PARTITION,
	event_id: `event ${number}`,
	event_type: "LetterWritten",
	version: 1,
	exchange: "letters",
	routing_key: "letter.written",
	correlation_id: "c",
	causation_id: "c",
	aggregate_id: "letter 1",
	aggregate_version: number,
	data: "{}",
	created_at: new Date(0),
	attempts: 0,
	earlier_seq: null,
});

/** A relay that owns the partition, over a table in memory and a broker that confirms when it is told to. */
function relayOver(table: OutboxRow[]) {
	const published: string[] = [];
	let confirm: () => void = () => undefined;
	const silent = { debug() {}, info() {}, warn() {}, error() {} };
	const query = async (statement: string, values: unknown[]): Promise<object[]> => {
		if (statement === "remove") {
			const seqs = values[0] as number[];
			for (const seq of seqs)
				table.splice(
					table.findIndex((row) => row.seq === seq),
					1,
				);
			return [];
		}
		const [, marks, , held] = values as [number[], number[], number, number[]];
		return table.filter(({ seq }) => seq > marks[0]! && !held.includes(seq));
	};
	const publish = (messages: readonly OutgoingMessage[]): Promise<PublishOutcome[]> => {
		published.push(...messages.map(({ eventId }) => eventId));
		return new Promise((resolve) => (confirm = () => resolve(messages.map(() => ({ confirmed: true })))));
	};
	const mine = [PARTITION];
	const tested = relay({
		db: { query },
		statements: { read: "read", readWithout: "read", remove: "remove" },
		leases: { mine: () => mine },
		transport: { publish },
		topology: { exchanges: [], queues: [] },
		producer: "letters",
		log: silent,
		meter: { time() {}, count() {} },
	} as never);
	tested.start();
	return { relay: tested, published, confirm: () => confirm() };
}

/** Table and broker answer at once: what follows from it follows in microtasks. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** The first event is on its way, and the second waits in memory behind it. */
async function holdingTheSecond() {
	const table = [version(1)];
	const over = relayOver(table);
	await settled();
	table.push(version(2));
	over.relay.wake(version(2));
	await settled();
	return { table, ...over };
}

test("what it holds of a partition that was lost and gained again is read anew: others may have published it meanwhile", async () => {
	const { table, relay: tested, published, confirm } = await holdingTheSecond();

	table.splice(1, 1);
	tested.renewed({ gained: [PARTITION], isWaiting: false });
	confirm();
	await settled();
	confirm();
	await tested.stop();

	expect(published).toEqual(["event 1"]);
});

test("without that it publishes what it holds, in the order of the versions", async () => {
	const { table, relay: tested, published, confirm } = await holdingTheSecond();

	tested.renewed({ gained: [], isWaiting: false });
	confirm();
	await settled();
	confirm();
	await tested.stop();

	expect(published).toEqual(["event 1", "event 2"]);
	expect(table).toEqual([]);
});
