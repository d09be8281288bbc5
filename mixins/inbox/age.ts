import { INBOX_MEMORY_DAYS } from "./inbox";

const MS_PER_DAY = 86_400_000;

/** The inbox has a day for what was made tomorrow: clocks that differ by less do no harm. */
export const AHEAD_DAYS_MAX = 1;

/** When a UUIDv7 was made (RFC 9562, section 5.7), or `undefined` for another kind of UUID. */
export function madeAt(eventId: string): Date | undefined {
	if (eventId[14] !== "7") return undefined;
	return new Date(Number.parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16));
}

/**
 * Age of an event, in days; below zero when it claims to be of a time that is to come.
 * @param timestamp of its envelope, which counts where the id tells no time
 */
export function ageInDays(eventId: string, timestamp: string, now: Date = new Date()): number {
	return (now.getTime() - (madeAt(eventId)?.getTime() ?? Date.parse(timestamp))) / MS_PER_DAY;
}

/**
 * How old an event may be for the inbox to tell whether it was handled. By the day in its id it forgets exactly then. An
 * id without a time it forgets so long after the event was handled, and that may have been before its own timestamp.
 */
export function rememberedDays(eventId: string): number {
	return madeAt(eventId) ? INBOX_MEMORY_DAYS : INBOX_MEMORY_DAYS - AHEAD_DAYS_MAX;
}
