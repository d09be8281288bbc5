/** Moleculer's errors for "there is nobody who could answer", by their `type`: classes are not kept across nodes. */
const AWAY = new Set([
	"SERVICE_NOT_FOUND",
	"SERVICE_NOT_AVAILABLE",
	"REQUEST_TIMEOUT",
	"REQUEST_REJECTED",
	"REQUEST_SKIPPED",
	"QUEUE_FULL",
]);

/** Nobody could be asked, or none answered in time: waiting may help. */
export function isAway(error: unknown): boolean {
	const { type } = Object(error) as { type?: unknown };
	return typeof type === "string" && AWAY.has(type);
}
