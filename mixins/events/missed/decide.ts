/** Where an event stands in what was published; a later one has a greater time, or the same and a greater id. */
export interface Position {
	/** As PostgreSQL writes it, to the microsecond. */
	publishedAt: string;
	eventId: string;
}

/** An event that was confirmed some time ago, as its producer tells it. */
export interface PublishedEvent extends Position {
	/** By the producer's clock. */
	ageMs: number;
	/** Where; an older node does not tell. */
	exchange?: string;
	routingKey?: string;
}

/** What a consumer knows of it. */
export interface Known {
	handled: ReadonlySet<string>;
	/** Being tried again, sent again, or a dead letter: whether it comes back is looked after elsewhere. */
	failing: ReadonlySet<string>;
	/** Nothing waits in its queue. */
	isQueueEmpty: boolean;
}

export interface Decision {
	/** To be sent once more. */
	missed: PublishedEvent[];
	/** Up to here nothing is open any more; undefined when the first one is. */
	until: Position | undefined;
}

/** A queue is handled in its order, but for what lies in a consumer's hands: they are done with it after this. */
const IN_HAND_MS = 1_000;
/** Without anything later to compare with: in an empty queue it does not wait, and nobody has it in hand so long. */
const GIVEN_UP_MS = 30_000;

/**
 * Which events a consumer has missed. An event that is not handled waits in the queue, is in somebody's hands, or is
 * lost: lost, when one that was published later is handled already, or when the queue is empty and it is old. A mistake
 * costs a duplicate, which the inbox absorbs.
 * @param published in the order of their publication
 */
export function decide(published: readonly PublishedEvent[], { handled, failing, isQueueEmpty }: Known): Decision {
	const youngestHandledMs = Math.min(
		...published.filter(({ eventId }) => handled.has(eventId)).map(({ ageMs }) => ageMs),
	);
	const missed: PublishedEvent[] = [];
	let until: Position | undefined;
	for (const event of published) {
		const { eventId, publishedAt, ageMs } = event;
		if (!handled.has(eventId) && !failing.has(eventId)) {
			const isOvertaken = ageMs - youngestHandledMs >= IN_HAND_MS;
			const isForgotten = isQueueEmpty && ageMs >= GIVEN_UP_MS;
			if (!isOvertaken && !isForgotten) break;
			missed.push(event);
		}
		until = { publishedAt, eventId };
	}
	return { missed, until };
}
