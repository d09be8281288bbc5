import type { ServiceBroker } from "moleculer";

/** Moleculer's errors for "there is nobody who could answer", by their `type`: classes are not kept across nodes. */
const AWAY = new Set([
	"SERVICE_NOT_FOUND",
	"SERVICE_NOT_AVAILABLE",
	"REQUEST_TIMEOUT",
	"REQUEST_REJECTED",
	"REQUEST_SKIPPED",
	"QUEUE_FULL",
	// This node has no connection to the others.
	"BAD_GATEWAY",
]);

/** Nobody could be asked, or none answered in time: waiting may help. */
export function isAway(error: unknown): boolean {
	const { type } = Object(error) as { type?: unknown };
	return typeof type === "string" && AWAY.has(type);
}

/** This node hears no other, and no other hears it. Never so where there is none. */
export function isCutOff({ transit }: ServiceBroker): boolean {
	return transit?.tx !== undefined && !transit.tx.connected;
}
