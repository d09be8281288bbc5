import { named, preconditionFailed } from "./errors";

/** The optional arguments of a queue that RabbitMQ compares when it is declared again. */
const COMPARED_OF_QUEUES = [
	"x-expires",
	"x-message-ttl",
	"x-max-length",
	"x-max-length-bytes",
	"x-max-priority",
	"x-overflow",
	"x-queue-mode",
	"x-single-active-consumer",
	"x-queue-type",
	"x-dead-letter-exchange",
	"x-dead-letter-routing-key",
	"x-dead-letter-strategy",
	"x-delivery-limit",
	"x-max-in-memory-length",
	"x-max-in-memory-bytes",
	"x-quorum-initial-group-size",
] as const;

const COMPARED_OF_EXCHANGES = ["alternate-exchange"] as const;

type Kind = "queue" | "exchange";

/** What clients of ours send. */
type Plain = string | number | boolean;

/** Optional arguments of a queue or an exchange. */
export type Arguments = Readonly<Record<string, Plain | undefined>>;

/** @throws what differs, in RabbitMQ's words */
export function assertSameProperty(kind: Kind, name: string, property: string, received: Plain, current: Plain): void {
	if (received === current) return;
	throw inequivalent(kind, name, property, `'${String(received)}'`, `'${String(current)}'`);
}

/** @throws the first argument that differs, in RabbitMQ's words */
export function assertSameArguments(kind: Kind, name: string, received: Arguments, current: Arguments): void {
	for (const argument of kind === "queue" ? COMPARED_OF_QUEUES : COMPARED_OF_EXCHANGES) {
		const [ours, theirs] = [received[argument], current[argument]];
		if (ours === theirs) continue;
		if (ours !== undefined && theirs !== undefined) {
			throw inequivalent(kind, name, argument, `'${String(ours)}'`, `'${String(theirs)}'`);
		}
		throw inequivalent(kind, name, argument, withType(ours), withType(theirs));
	}
}

function inequivalent(kind: Kind, name: string, what: string, received: string, current: string): Error {
	return preconditionFailed(
		`inequivalent arg '${what}' for ${named(kind, name)}: received ${received} but current is ${current}`,
	);
}

function withType(value: Plain | undefined): string {
	if (value === undefined) return "none";
	return `the value '${String(value)}' of type '${typeOf(value)}'`;
}

/** As amqplib sends it: a number in as few bytes as hold it. */
function typeOf(value: Plain): string {
	if (typeof value === "boolean") return "bool";
	if (typeof value !== "number") return "longstr";
	if (!Number.isInteger(value)) return "double";
	if (value >= -0x80 && value < 0x80) return "byte";
	if (value >= -0x8000 && value < 0x8000) return "short";
	if (value >= -0x80000000 && value < 0x80000000) return "signedint";
	return "long";
}

const ONLY_OF_QUORUM_QUEUES = ["x-delivery-limit", "x-dead-letter-strategy", "x-quorum-initial-group-size"];

/** @throws what no queue may have, in RabbitMQ's words */
export function assertValidQueue(declared: {
	name: string;
	arguments: Arguments;
	durable: boolean;
	exclusive: boolean;
	autoDelete: boolean;
}): void {
	const { name, arguments: args, durable, exclusive, autoDelete } = declared;
	const invalid = (argument: string, why: string): Error =>
		preconditionFailed(`invalid arg '${argument}' for ${named("queue", name)}${why}`);
	const type = args["x-queue-type"] ?? "classic";
	if (type !== "classic" && type !== "quorum") {
		throw invalid("x-queue-type", `: "unsupported queue type '${String(type)}'"`);
	}
	for (const argument of ["x-message-ttl", "x-expires", "x-delivery-limit"]) {
		const value = args[argument];
		if (value === undefined) continue;
		if (typeof value !== "number") throw invalid(argument, `: "expected integer, got longstr"`);
		if (argument === "x-expires" && value === 0) throw invalid(argument, ": {value_zero,0}");
		if (value < 0) throw invalid(argument, `: {value_negative,${value}}`);
	}
	if (args["x-dead-letter-routing-key"] !== undefined && args["x-dead-letter-exchange"] === undefined) {
		throw invalid("x-dead-letter-routing-key", ": routing_key_but_no_dlx_defined");
	}
	if (type === "classic") {
		const foreign = ONLY_OF_QUORUM_QUEUES.find((argument) => args[argument] !== undefined);
		if (foreign) throw invalid(foreign, " of queue type rabbit_classic_queue");
		return;
	}
	const property = exclusive ? "exclusive-owner" : autoDelete ? "auto-delete" : durable ? undefined : "non-durable";
	if (property) throw preconditionFailed(`invalid property '${property}' for ${named("queue", name)}`);
}
