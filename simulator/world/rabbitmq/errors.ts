/** What ends a channel, or where it is a fault of the whole conversation, the connection. */
export class AmqpError extends Error {
	override readonly name = "AmqpError";
	/** As it stands in the closing method. */
	readonly replyText: string;

	constructor(
		readonly code: number,
		reason: string,
		readonly ends: "channel" | "connection" = "channel",
	) {
		super(reason);
		this.replyText = replyText(code, reason);
	}
}

export const NOT_FOUND = 404;
export const ACCESS_REFUSED = 403;
export const RESOURCE_LOCKED = 405;
export const PRECONDITION_FAILED = 406;
export const NOT_ALLOWED = 530;
export const CONNECTION_FORCED = 320;
const NOT_IMPLEMENTED = 540;
export const INTERNAL_ERROR = 541;
const UNEXPECTED_FRAME = 505;
const COMMAND_INVALID = 503;

const NAMES: Record<number, string> = {
	[CONNECTION_FORCED]: "CONNECTION_FORCED",
	[ACCESS_REFUSED]: "ACCESS_REFUSED",
	[NOT_FOUND]: "NOT_FOUND",
	[RESOURCE_LOCKED]: "RESOURCE_LOCKED",
	[PRECONDITION_FAILED]: "PRECONDITION_FAILED",
	[COMMAND_INVALID]: "COMMAND_INVALID",
	[UNEXPECTED_FRAME]: "UNEXPECTED_FRAME",
	[NOT_ALLOWED]: "NOT_ALLOWED",
	[NOT_IMPLEMENTED]: "NOT_IMPLEMENTED",
	[INTERNAL_ERROR]: "INTERNAL_ERROR",
};

/** AMQP's short string; RabbitMQ cuts off what is longer, and ends it with three dots. */
const REPLY_BYTES_MAX = 255;

export function replyText(code: number, reason: string): string {
	const text = Buffer.from(`${NAMES[code] ?? code} - ${reason}`);
	if (text.length <= REPLY_BYTES_MAX) return text.toString();
	return `${text.subarray(0, REPLY_BYTES_MAX - 3).toString()}...`;
}

/** How RabbitMQ names what it speaks of. The model has one virtual host. */
export function named(kind: "queue" | "exchange", name: string): string {
	return `${kind} '${name}' in vhost '/'`;
}

export function notFound(kind: "queue" | "exchange", name: string): AmqpError {
	return new AmqpError(NOT_FOUND, `no ${named(kind, name)}`);
}

export function preconditionFailed(reason: string): AmqpError {
	return new AmqpError(PRECONDITION_FAILED, reason);
}

export function notImplemented(reason: string): AmqpError {
	return new AmqpError(NOT_IMPLEMENTED, reason, "connection");
}

export function commandInvalid(reason: string): AmqpError {
	return new AmqpError(COMMAND_INVALID, reason, "connection");
}

export function unexpectedFrame(reason: string): AmqpError {
	return new AmqpError(UNEXPECTED_FRAME, reason, "connection");
}

export function locked(name: string): AmqpError {
	return new AmqpError(
		RESOURCE_LOCKED,
		`cannot obtain exclusive access to locked ${named("queue", name)}. It could be originally declared on another ` +
			"connection or the exclusive property value does not match that of the original declaration.",
	);
}
