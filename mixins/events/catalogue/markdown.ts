import type { EventContract } from "../contract";
import { envelope } from "../envelope";
import { deadLetterQueue } from "../rabbitmq/queues";
import { listenersOf, nameOf, type Catalogue, type Listener } from "./catalogue";
import { jsonSchemaOf, publishedOf, type JsonSchema } from "./published";

/** The catalogue for people, as Markdown. */
export function markdownOf(catalogue: Catalogue, introduction: string): string {
	const { events, listeners } = catalogue;
	return [
		`# ${catalogue.title}`,
		introduction,
		"## Every message",
		"The body is a JSON object. The AMQP properties say the same where they can: `message_id` is event_id, `type` is event_type, `correlation_id`, `timestamp` in seconds, `content_type: application/json`, persistent.",
		fieldTable(jsonSchemaOf(envelope)),
		"## All events",
		overview(catalogue),
		...events.map((contract) => section(catalogue, contract)),
		"## Queues",
		"Each is a quorum queue with a dead-letter queue and delay queues of its own. What fails for a passing reason is tried again after these pauses; after the last, or at once when it can't be understood, it is a dead letter.",
		queueTable(listeners),
	]
		.join("\n\n")
		.concat("\n");
}

function overview(catalogue: Catalogue): string {
	return table(
		["event", "published by", "heard by"],
		catalogue.events.map((contract) => [
			`[${nameOf(contract)}](#${anchorOf(nameOf(contract))})`,
			contract.producer,
			listenersOf(catalogue, contract)
				.map(({ queue }) => queue.name.split(".")[0])
				.join(", ") || "–",
		]),
	);
}

function section(catalogue: Catalogue, contract: EventContract): string {
	const { exchange, routingKey, aggregate, producer } = contract;
	const heard = listenersOf(catalogue, contract).map(({ queue }) => `\`${queue.name}\``);
	return [
		`### ${nameOf(contract)}`,
		contract.meaning,
		`Published by ${producer} to \`${exchange}\` with the key \`${routingKey}\`. Its aggregate is \`${aggregate}\`. ` +
			(heard.length > 0 ? `Heard from ${heard.join(", ")}.` : "Nobody here listens to it."),
		fieldTable(publishedOf(contract).data),
	].join("\n\n");
}

function queueTable(listeners: readonly Listener[]): string {
	return table(
		["queue", "events", "tried again after, in seconds", "dead letters"],
		listeners.map(({ queue, subscriptions }) => [
			`\`${queue.name}\``,
			subscriptions.map(({ contract }) => nameOf(contract)).join(", "),
			queue.retryDelaysMs.map((delayMs) => delayMs / 1_000).join(", ") || "never",
			`\`${deadLetterQueue(queue.name)}\``,
		]),
	);
}

function fieldTable(schema: JsonSchema): string {
	return table(["field", "type", "meaning"], rowsOf(schema, ""));
}

function rowsOf({ properties = {}, required = [] }: JsonSchema, within: string): string[][] {
	return Object.entries(properties).flatMap(([name, field]) => {
		const path = `${within}${name}`;
		const type = required.includes(name) ? typeOf(field) : `${typeOf(field)}, optional`;
		const below = field.items ? rowsOf(field.items, `${path}[].`) : rowsOf(field, `${path}.`);
		return [[`\`${path}\``, type, field.description ?? ""], ...below];
	});
}

/** `integer, at least 0`; limits that a reader need not know of are left to the schema. */
function typeOf(field: JsonSchema): string {
	if (field.enum) return field.enum.map((value) => `\`${String(value)}\``).join(", ");
	if (field.format) return field.format;
	const type = field.type === undefined ? "any" : String(field.type);
	if (field.items) return `${type} of ${typeOf(field.items)}`;
	if (field.exclusiveMinimum === 0) return `${type}, at least 1`;
	if (field.minimum !== undefined) return `${type}, at least ${field.minimum}`;
	if (field.minLength !== undefined && field.minLength === field.maxLength) {
		return `${type} of ${field.minLength} characters`;
	}
	return type;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string =>
		`| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
	return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
	return heading.toLowerCase().replaceAll(" ", "-");
}
