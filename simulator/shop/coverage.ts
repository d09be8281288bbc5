import type { HeardEvent } from "../../tests/support/auditor";
import { topology } from "../../services/topology";
import { count, type Counts } from "../world/coverage";
import type { Control } from "../world/postgres/control";
import { countTables } from "./coverage-tables";
import { DECIDED_KINDS, FAULT_KINDS } from "./fault-plans";

/** What one simulation has reached. */
export async function coverageOf(
	lines: readonly string[],
	heard: readonly HeardEvent[],
	control: Control,
): Promise<Counts> {
	const counts: Counts = {};
	await countTables(counts, control);
	await countEvents(counts, heard, control);
	countLines(counts, lines);
	return counts;
}

async function countEvents(counts: Counts, heard: readonly HeardEvent[], control: Control): Promise<void> {
	const types = new Map<string, string>();
	for (const { envelope } of heard) {
		const isAgain = types.has(envelope.event_id);
		types.set(envelope.event_id, envelope.event_type);
		count(counts, isAgain ? "event published again" : "event published", envelope.event_type);
	}
	for (const { consumer, event_id } of await control.query<{ consumer: string; event_id: string }>(HANDLED))
		count(counts, "event handled", `${types.get(event_id) ?? "unpublished"} in ${consumer}`);
}

const SCHEMA_OF: Readonly<Record<string, string>> = { products: "catalog" };
const INBOXES = new Set(topology.queues.map(({ name }) => name.split(".")[0]!).map((name) => SCHEMA_OF[name] ?? name));
const HANDLED = [...INBOXES].map((schema) => `SELECT consumer, event_id FROM ${schema}.inbox`).join(" UNION ALL ");

/** One of a node's choices: a statement by its name, or what it has sent. */
const STATEMENT = /^\d+ (n\d+) #\d+ (COMMIT|ROLLBACK|[a-z_]+(?:\.[a-z_]+)+)/;
const LOST = /loses its connection (before|after) (COMMIT|ROLLBACK|[a-z_]+(?:\.[a-z_]+)+)/;
const OF_NODE = /^(?:kill|stop|freeze) of (n\d+)/;

/** Failpoints, faults and pairs of faults, as the schedule tells of them. */
export function countLines(counts: Counts, lines: readonly string[]): void {
	/** The last statement of each node. */
	const last = new Map<string, string>();
	const lasting: string[] = [];
	for (const line of lines) {
		const statement = STATEMENT.exec(line);
		if (statement) {
			const [, node, name] = statement;
			count(counts, "statement", name!);
			last.set(node!, name!);
			continue;
		}
		const lost = LOST.exec(line);
		if (lost) count(counts, `connection lost ${lost[1]}`, lost[2]!);
		const [, over, sentence] = /^\d+ FAULT( OVER:)? (.*)/.exec(line) ?? [];
		if (sentence === undefined) continue;
		const kind = kindOf(sentence);
		if (over) {
			lasting.splice(lasting.indexOf(kind), 1);
			continue;
		}
		count(counts, "fault", kind);
		for (const other of lasting) count(counts, "faults at once", pairOf(kind, other));
		lasting.push(kind);
		const node = OF_NODE.exec(sentence)?.[1];
		if (node) count(counts, `${kind} after`, last.get(node) ?? "its start");
	}
}

/** The longest that it begins with: one may begin as another does. */
function kindOf(sentence: string): string {
	const found = [...FAULT_KINDS, ...DECIDED_KINDS].filter((kind) => sentence.startsWith(kind));
	return found.reduce<string>((longest, kind) => (kind.length > longest.length ? kind : longest), "");
}

export function pairOf(one: string, other: string): string {
	return [one, other].toSorted().join(" + ");
}
