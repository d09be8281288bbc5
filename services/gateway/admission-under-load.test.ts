import { createAdmission, OverloadedError } from "./admission";
import { SHED_IN_TURN, type Urgency } from "./urgency";

/**
 * A shop that works on ten requests at a time, as its pool of connections does, each for its share of a machine whose
 * speed goes up and down; everything in steps of a millisecond, with the same random numbers each time.
 */

/** Milliseconds of the whole machine, on the average. */
const COST_MS: Record<Urgency, number> = { browsing: 0.3, shopping: 9, entering: 0, buying: 8 };
const REFUSAL_MS = 0.12;
/** A second, at saturation: 98 % of what can be done. A purchase follows each cart that was let in. */
const ARRIVING_PER_S = { browsing: 430, shopping: 49 };
const AT_A_TIME = 10;
const LOOK_MS = 25;
const SETTLE_MS = 10_000;
const FOR_MS = 40_000;

interface Outcome {
	donePerS: number;
	/** By kind: how many of a hundred were refused, and what the slowest hundredth of the others took. */
	refusedPer100: Record<Urgency, number>;
	p99Ms: Record<Urgency, number>;
}

const each = <Value>(make: () => Value): Record<Urgency, Value> =>
	Object.fromEntries(SHED_IN_TURN.map((urgency) => [urgency, make()])) as Record<Urgency, Value>;

function seeded(): () => number {
	let state = 7;
	return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function play(timesS: number): Outcome {
	const random = seeded();
	const [asked, refused, took] = [each(() => 0), each(() => 0), each((): number[] => [])];
	const inside: { urgency: Urgency; leftMs: number; sinceMs: number; leave(): void }[] = [];
	let refusalsMs = 0;
	let nowMs = 0;
	let speed = 1;
	const counts = (): boolean => nowMs >= SETTLE_MS;
	const admission = createAdmission({
		refused(urgency) {
			refusalsMs += REFUSAL_MS;
			if (counts()) refused[urgency]++;
		},
		random,
	});
	const arrive = (urgency: Urgency): void => {
		if (counts()) asked[urgency]++;
		try {
			const leave = admission.enter(urgency);
			inside.push({ urgency, leftMs: COST_MS[urgency] * (0.5 + random()), sinceMs: nowMs, leave });
		} catch (error) {
			if (!(error instanceof OverloadedError)) throw error;
		}
	};
	const work = (ms: number): void => {
		const now = inside.slice(0, AT_A_TIME);
		if (ms < 1e-6 || now.length === 0) return;
		let unusedMs = 0;
		for (const one of now) {
			one.leftMs -= ms / now.length;
			if (one.leftMs > 0) continue;
			unusedMs -= one.leftMs;
			inside.splice(inside.indexOf(one), 1);
			one.leave();
			if (counts()) took[one.urgency].push(nowMs - one.sinceMs + 1);
			if (one.urgency === "shopping") arrive("buying");
		}
		if (unusedMs > 0) work(unusedMs);
	};

	for (; nowMs < FOR_MS; nowMs++) {
		if (nowMs % 100 === 0) speed = 0.4 + 1.2 * random();
		for (const urgency of ["browsing", "shopping"] as const) {
			// Several in one millisecond, as it happens.
			let chance = (ARRIVING_PER_S[urgency] * timesS) / 1_000;
			for (; chance > 0; chance -= 0.5) if (random() < Math.min(chance, 0.5)) arrive(urgency);
		}
		const refusedMs = Math.min(refusalsMs, speed);
		refusalsMs -= refusedMs;
		work(speed - refusedMs);
		if (nowMs % LOOK_MS === 0) admission.look(0, LOOK_MS);
	}

	const percent = (urgency: Urgency): number => (100 * refused[urgency]) / Math.max(asked[urgency], 1);
	return {
		donePerS: (Object.values(took).reduce((sum, { length }) => sum + length, 0) * 1_000) / (FOR_MS - SETTLE_MS),
		refusedPer100: Object.fromEntries(
			SHED_IN_TURN.map((urgency) => [urgency, percent(urgency)]),
		) as Outcome["refusedPer100"],
		p99Ms: Object.fromEntries(
			SHED_IN_TURN.map((urgency) => {
				const sorted = took[urgency].toSorted((a, b) => a - b);
				return [urgency, sorted[Math.floor(sorted.length * 0.99)] ?? 0];
			}),
		) as Outcome["p99Ms"],
	};
}

test("below the saturation nobody is refused", () => {
	expect(play(0.7).refusedPer100).toEqual(each(() => 0));
});

test("at twice the saturation nine tenths of what can be done are done, in time, and hardly a purchase is refused", () => {
	const peak = play(1);

	const { donePerS, refusedPer100, p99Ms } = play(2);

	expect(donePerS).toBeGreaterThan(0.9 * peak.donePerS);
	expect(p99Ms.browsing).toBeLessThan(2 * Math.max(150, peak.p99Ms.browsing));
	expect(p99Ms.buying).toBeLessThan(800);
	expect(refusedPer100.browsing).toBeGreaterThan(refusedPer100.shopping);
	expect(refusedPer100.shopping).toBeGreaterThan(refusedPer100.buying);
	expect(refusedPer100.buying).toBeLessThan(15);
});

test("at five times the saturation most of it is still done", () => {
	const peak = play(1);

	const { donePerS, refusedPer100 } = play(5);

	expect(donePerS).toBeGreaterThan(0.6 * peak.donePerS);
	expect(refusedPer100.browsing).toBeGreaterThan(refusedPer100.buying);
});
