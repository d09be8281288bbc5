import type { Database } from "../database/database";
import { participantRetention, UNFINISHED_MAX } from "./retention";

const idsOf = (count: number, from = 0): string[] => Array.from({ length: count }, (_, at) => `s${from + at}`);

/** A log with lines of these sagas, of which some are over, and what it was asked. */
function retentionOf(inLog: () => readonly string[], over: (sagaId: string) => boolean, batch = 2) {
	const removed: string[][] = [];
	const asked: string[][] = [];
	const db = {
		async query({ name }: { name: string }, [, ids]: [days: number, ids: string[]]) {
			if (name.endsWith("participant.old")) {
				const known = new Set(ids);
				const others = inLog().filter((saga_id) => !known.has(saga_id));
				return others.slice(0, batch).map((saga_id) => ({ saga_id }));
			}
			removed.push(ids);
			return ids;
		},
	} as unknown as Database;
	const retention = participantRetention(db, "payments", async (sagaIds) => {
		asked.push([...sagaIds]);
		return sagaIds.filter(over);
	});
	return { retention, removed, asked };
}

test("sagas that are not over hide none that are, and are asked about again when all others are gone", async () => {
	const { retention, removed, asked } = retentionOf(
		() => idsOf(3).filter((id) => !removed.flat().includes(id)),
		(id) => id === "s2",
	);

	const counts = [await retention.sweep(90), await retention.sweep(90), await retention.sweep(90)];
	await retention.sweep(90);

	expect(counts).toEqual([0, 1, 0]);
	expect(removed.flat()).toEqual(["s2"]);
	expect(asked).toEqual([["s0", "s1"], ["s2"], ["s0", "s1"]]);
});

test("where there is nothing old nobody is asked, and nothing removed", async () => {
	const { retention, removed, asked } = retentionOf(
		() => [],
		() => true,
	);

	expect(await retention.sweep(90)).toBe(0);
	expect([removed, asked]).toEqual([[], []]);
});

test("of more sagas that are not over than can be remembered it begins again", async () => {
	const all = idsOf(UNFINISHED_MAX + 1);
	const { retention, asked } = retentionOf(
		() => all,
		() => false,
		UNFINISHED_MAX,
	);

	for (let sweep = 0; sweep < 3; sweep++) await retention.sweep(90);

	expect(asked.map((ids) => ids.length)).toEqual([UNFINISHED_MAX, 1, UNFINISHED_MAX]);
});
