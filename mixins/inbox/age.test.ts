import { v4, v7 } from "uuid";
import { ageInDays, AHEAD_DAYS_MAX, rememberedDays } from "./age";
import { INBOX_MEMORY_DAYS } from "./inbox";

const NOW = new Date("2026-11-28T12:00:00.000Z");
const inDays = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);

test("the age of a UUIDv7 is that of its id, whatever the timestamp says and however it is written", () => {
	const id = v7({ msecs: inDays(-3).getTime() });

	expect(ageInDays(id, NOW.toISOString(), NOW)).toBe(3);
	expect(ageInDays(id.toUpperCase(), NOW.toISOString(), NOW)).toBe(3);
});

test("an id that tells no time is as old as the timestamp says", () => {
	expect(ageInDays(v4(), inDays(-20).toISOString(), NOW)).toBe(20);
	expect(ageInDays(v4(), inDays(2).toISOString(), NOW)).toBe(-2);
});

test("an id that tells no time is refused before the inbox forgets it, even if its timestamp was a day ahead", () => {
	const forgottenAfterDays = INBOX_MEMORY_DAYS;
	const refusedAfterDays = AHEAD_DAYS_MAX + rememberedDays(v4());

	expect(refusedAfterDays).toBeLessThanOrEqual(forgottenAfterDays);
	expect(rememberedDays(v7())).toBe(INBOX_MEMORY_DAYS);
});
