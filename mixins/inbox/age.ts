const MS_PER_DAY = 86_400_000;

/** When a UUIDv7 was made (RFC 9562, section 5.7), or `undefined` for another kind of UUID. */
export function madeAt(eventId: string): Date | undefined {
	if (eventId[14] !== "7") return undefined;
	return new Date(Number.parseInt(eventId.slice(0, 8) + eventId.slice(9, 13), 16));
}

/** Age of an event by its id, in days; one without a time in its id counts as new. */
export function ageInDays(eventId: string, now: Date = new Date()): number {
	const made = madeAt(eventId);
	return made ? (now.getTime() - made.getTime()) / MS_PER_DAY : 0;
}
