import type { Message } from "amqplib";
import { BODY_BYTES_MAX, type Failure, type Verdict } from "../transport";
import type { QueueSpec } from "../topology";
import { afterDeath, afterFailure, historyOf } from "./history";
import type { Publication } from "./publisher";
import { deadLetterQueue, delayQueue } from "./queues";

/** Where a delivery goes on by its verdict; undefined when it is done with. */
export function onwards(spec: QueueSpec, message: Message, verdict: Verdict, node: string): Publication | undefined {
	if (verdict.kind === "done") return undefined;
	const delayMs = spec.retryDelaysMs[historyOf(message).attempts];
	const now = new Date();
	if (verdict.kind === "dead" || delayMs === undefined) {
		return toQueue(deadLetterQueue(spec.name), message, afterDeath(message, verdict.failure, node, now));
	}
	return toQueue(delayQueue(spec.name, delayMs), message, afterFailure(message, verdict.failure, now));
}

export function toQueue(queue: string, { content }: Message, properties: Publication["properties"]): Publication {
	return { exchange: "", routingKey: queue, body: content, mandatory: true, properties };
}

/** Why a message is not even shown to a handler. */
export function tooLarge({ content }: Message): Failure | undefined {
	if (content.length <= BODY_BYTES_MAX) return undefined;
	const message = `The body of ${content.length} bytes is over the limit of ${BODY_BYTES_MAX}: too large`;
	return { code: "MESSAGE_TOO_LARGE", message, stack: undefined };
}
