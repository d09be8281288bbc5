/**
 * An event tells of something that is not here. Perhaps it comes later: the event is tried again, and after the last
 * attempt it is a dead letter, where somebody sees it. To pass it over would hide that something was lost.
 */
export class UnknownAggregateError extends Error {
	override readonly name = "UnknownAggregateError";
	readonly code = "UNKNOWN_AGGREGATE";
	readonly retryable = true;

	constructor(kind: string, id: string, eventType: string) {
		super(`${eventType} tells of the ${kind} ${id}, of which nothing is known here`);
	}
}
