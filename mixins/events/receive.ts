import { ageInDays, AHEAD_DAYS_MAX, rememberedDays } from "../inbox/age";
import { readData, readEnvelope, TooOldEventError, UnreadableEventError, versionOf, type Envelope } from "./envelope";
import type { Subscription } from "./events.mixin";
import { RETURNS_MAX } from "./suspects";
import type { Delivery } from "./transport";

/** A delivery that has been understood, and what is to be done about it. */
export interface Received<This> {
	event: Envelope<never>;
	subscription: Subscription<This>;
	delivery: Delivery;
	aggregateId: string;
	attempt: number;
	isSuspect: boolean;
}

/**
 * Reads a delivery.
 * @returns undefined for a type that nobody here knows: a newer producer may publish on a key that an older consumer
 * is bound to, which is no fault
 * @throws {UnreadableEventError} for what no later attempt would understand either
 */
export function receive<This>(
	delivery: Delivery,
	subscriptions: readonly Subscription<This>[],
): Received<This> | undefined {
	// Every event has one, and operators find it by that: whatever came without was not sent by an outbox.
	if (delivery.messageId === undefined) throw new UnreadableEventError("it has no message_id");
	const envelope = readEnvelope(delivery.body);
	const versions = subscriptions.filter(({ contract }) => contract.type === envelope.event_type);
	if (versions.length === 0) return undefined;
	const { event_id: id, timestamp } = envelope;
	const ageDays = ageInDays(id, timestamp);
	// It would be forgotten before it were too old.
	if (ageDays < -AHEAD_DAYS_MAX) throw new UnreadableEventError("it claims to be of a time that is to come");
	if (ageDays > rememberedDays(id)) {
		throw new TooOldEventError(`it is older than the ${rememberedDays(id)} days that the inbox remembers`);
	}
	const subscription = versionOf(versions, envelope);
	const event = readData(subscription.contract, envelope) as Envelope<never>;
	const { attempt, returned } = delivery;
	const isSuspect = returned >= RETURNS_MAX;
	return { event, subscription, delivery, aggregateId: event.aggregate_id, attempt, isSuspect };
}
