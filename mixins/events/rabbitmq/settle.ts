import type { Message } from "amqplib";
import type { Verdict, Worker } from "../transport";
import { serviceOf, type QueueSpec } from "../topology";
import type { Publication } from "./confirms";
import { afterDeath, afterFailure, historyOf } from "./history";
import { deadLetterQueue, delayQueue } from "./queues";

/** Where a delivery goes on by its verdict; undefined when it is done with. */
export function onwards(spec: QueueSpec, message: Message, verdict: Verdict, worker: Worker): Publication | undefined {
	if (verdict.kind === "done" || verdict.kind === "left") return undefined;
	const delayMs = spec.retryDelaysMs[historyOf(message).attempts];
	const now = new Date();
	if (verdict.kind === "dead" || delayMs === undefined) {
		const by = { service: serviceOf(spec.name), ...worker };
		return toQueue(deadLetterQueue(spec.name), message, afterDeath(message, verdict, by, now));
	}
	return toQueue(delayQueue(spec.name, delayMs), message, afterFailure(message, verdict.failure, now));
}

export function toQueue(queue: string, { content }: Message, properties: Publication["properties"]): Publication {
	return { exchange: "", routingKey: queue, body: content, mandatory: true, properties };
}
