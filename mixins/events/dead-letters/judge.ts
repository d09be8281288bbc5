import { TooOldEventError, UnreadableEventError } from "../envelope";
import type { Subscription } from "../events.mixin";
import { receive } from "../receive";
import { TOO_LARGE } from "../failure";
import type { DeadLetter } from "../transport";

/** What would happen if a dead letter went back to its queue now. */
export type Verdict = "WOULD_APPLY" | "ALREADY_APPLIED" | "CANT_BE_UNDERSTOOD" | "TOO_OLD";

export interface Judgement {
	verdict: Verdict;
	/** In words, where it would not be applied for a reason of its own. */
	why?: string;
}

/** Tells which of these events were handled. */
type Known = (eventIds: readonly string[]) => Promise<ReadonlySet<string>>;

/** Judges letters of one queue by the contracts of its consumer and by its inbox, as the consumer itself would. */
export async function judge<This>(
	letters: readonly DeadLetter[],
	subscriptions: readonly Subscription<This>[],
	known: Known,
): Promise<Judgement[]> {
	const read = letters.map((letter) => understand(letter, subscriptions));
	const applied = await known(read.flatMap((each) => ("eventId" in each ? [each.eventId] : [])));
	return read.map((each) => {
		if (!("eventId" in each)) return each;
		return { verdict: applied.has(each.eventId) ? "ALREADY_APPLIED" : "WOULD_APPLY" };
	});
}

function understand<This>(
	letter: DeadLetter,
	subscriptions: readonly Subscription<This>[],
): { eventId: string } | Judgement {
	if (letter.failure.code === TOO_LARGE) return { verdict: "CANT_BE_UNDERSTOOD", why: letter.failure.message };
	try {
		const { queue, exchange, routingKey, eventId: messageId } = letter;
		const body = Buffer.from(letter.body);
		const delivery = { queue, exchange, routingKey, messageId, body, attempt: 1, returned: 0 };
		const received = receive(delivery, subscriptions);
		if (received) return { eventId: received.event.event_id };
		const why = `nothing here handles ${letter.eventType}: the consumer would ignore it`;
		return { verdict: "CANT_BE_UNDERSTOOD", why };
	} catch (error) {
		if (!(error instanceof UnreadableEventError)) throw error;
		return { verdict: error instanceof TooOldEventError ? "TOO_OLD" : "CANT_BE_UNDERSTOOD", why: error.message };
	}
}
