import { lane, type Lane, type LaneOptions, type Passenger } from "./lane";

/**
 * Transactions of one consumer at a time on a node. Four keep two cores of PostgreSQL busy (benchmarks/consuming.ts),
 * and leave room in a pool of ten for those who wait for an answer.
 */
export const LANES = 4;

/** Several lanes side by side: events of one aggregate always share one, so they stay in order. */
export function lanes<Event extends Passenger>(options: LaneOptions<Event>): Lane<Event> {
	const all = Array.from({ length: LANES }, () => lane(options));
	return {
		handle: (event) => all[laneOf(event.aggregateId)]!.handle(event),
		stop() {
			for (const each of all) each.stop();
		},
	};
}

/** A multiplicative hash over the whole id: its first characters may be a time, and its last ones a counter. */
function laneOf(aggregateId: string): number {
	let hash = 0;
	for (let index = 0; index < aggregateId.length; index++) hash = (hash * 31 + aggregateId.charCodeAt(index)) | 0;
	return (hash >>> 16) % LANES;
}
