import { createAdmission, OverloadedError, refusedShare, type Admission } from "./admission";
import { SHED_IN_TURN, type Urgency } from "./urgency";

const LOOK_MS = 25;

interface Door {
	admission: Admission;
	/** How many of each kind were refused. */
	refused: Record<Urgency, number>;
	/** Those who wait for their answer. */
	inside: Record<Urgency, (() => void)[]>;
}

const each = <Value>(make: () => Value): Record<Urgency, Value> =>
	Object.fromEntries(SHED_IN_TURN.map((urgency) => [urgency, make()])) as Record<Urgency, Value>;

/** The lots go through all that there are, in turn. */
const open = (): Door => {
	const refused = each(() => 0);
	let lot = 0;
	const random = (): number => (lot = (lot + 0.618_034) % 1);
	const admission = createAdmission({ refused: (urgency) => refused[urgency]++, random });
	return { admission, refused, inside: each(() => []) };
};

const late = ({ admission }: Door, delayMs: number, forMs: number): void => {
	for (let passedMs = 0; passedMs < forMs; passedMs += LOOK_MS + delayMs) admission.look(delayMs, LOOK_MS + delayMs);
};

/** Who arrives, and how many are answered, in each look. */
const play = (
	{ admission, inside }: Door,
	forMs: number,
	arriving: Partial<Record<Urgency, number>>,
	answered: Partial<Record<Urgency, number>> = arriving,
): void => {
	for (let passedMs = 0; passedMs < forMs; passedMs += LOOK_MS) {
		for (const urgency of SHED_IN_TURN) {
			for (let n = 0; n < (arriving[urgency] ?? 0); n++) {
				try {
					inside[urgency].push(admission.enter(urgency));
				} catch (error) {
					if (!(error instanceof OverloadedError)) throw error;
				}
			}
			for (const leave of inside[urgency].splice(0, answered[urgency] ?? 0)) leave();
		}
		admission.look(0, LOOK_MS);
	}
};

const letsIn = ({ admission }: Door): Urgency[] =>
	SHED_IN_TURN.filter((urgency) => {
		try {
			for (let n = 0; n < 20; n++) admission.enter(urgency)();
			return true;
		} catch {
			return false;
		}
	});

test("what is refused to somebody who is answered without it is not counted", () => {
	const door = open();
	const dispensable = (): void => void door.admission.enter("browsing", { isDispensable: true });

	expect(() => Array.from({ length: 1_000 }, dispensable)).toThrow(OverloadedError);
	expect(door.refused.browsing).toBe(0);

	expect(() => door.admission.enter("browsing")).toThrow(OverloadedError);
	expect(door.refused.browsing).toBe(1);
});

test("nothing is refused while what comes is answered at once", () => {
	const door = open();

	play(door, 60_000, { browsing: 20, shopping: 5, entering: 1, buying: 5 });

	expect(door.refused).toEqual(each(() => 0));
});

test("when more come than are answered as many are refused as have to be, and who is in waits no longer than before", () => {
	const door = open();
	play(door, 5_000, { browsing: 20 }, { browsing: 10 });
	const before = door.refused.browsing;

	play(door, 10_000, { browsing: 20 }, { browsing: 10 });

	const [arrived, refused] = [(20 * 10_000) / LOOK_MS, door.refused.browsing - before];
	expect(refused / arrived).toBeCloseTo(0.5, 1);
	expect((door.inside.browsing.length / 10) * LOOK_MS).toBeLessThan(2 * 75);
});

test("browsing is refused for the sake of purchases that are late, carts next, and purchases last", () => {
	const door = open();
	const began: Urgency[] = [];
	const crowd = { browsing: 10, shopping: 2, entering: 1, buying: 2 };

	for (let looks = 0; looks < 1_000; looks++) {
		play(door, LOOK_MS, crowd, { ...crowd, buying: 1 });
		for (const urgency of SHED_IN_TURN) if (door.refused[urgency] > 0 && !began.includes(urgency)) began.push(urgency);
	}

	expect(began).toEqual(SHED_IN_TURN);
	expect(door.refused.browsing).toBeGreaterThanOrEqual(door.refused.buying);
});

test("purchases that are in time are not refused because looking around is slow", () => {
	const door = open();

	play(door, 60_000, { browsing: 20, buying: 10 }, { browsing: 5, buying: 10 });

	expect(door.refused.browsing).toBeGreaterThan(0);
	expect(door.refused.buying).toBe(0);
});

test("what hangs altogether keeps nobody out", () => {
	const door = open();

	play(door, 5_000, { browsing: 10, buying: 1 }, { browsing: 10, buying: 0 });

	expect(door.refused).toEqual(each(() => 0));
});

test("a few that take long are no queue", () => {
	const door = open();
	for (let n = 0; n < 7; n++) door.inside.shopping.push(door.admission.enter("shopping"));

	play(door, 60_000, { browsing: 10 });

	expect(door.refused).toEqual(each(() => 0));
});

test("of what hangs or comes all at once only so many are let in", () => {
	const door = open();

	play(door, LOOK_MS, { buying: 10_000, shopping: 1 }, { shopping: 1 });

	expect(door.inside.buying).toHaveLength(250);
	expect(door.refused).toEqual({ ...each(() => 0), buying: 9_750 });
});

test("a crowd that comes all at once is let in whole, and so are those who come after it", () => {
	const door = open();

	play(door, LOOK_MS, { buying: 200 }, { buying: 0 });
	play(door, 1_000, {}, { buying: 10 });
	play(door, 60_000, { browsing: 20, buying: 1 });

	expect(door.refused).toEqual(each(() => 0));
});

test("two hundred who buy at once on a slow machine, and go on asking for their orders, are refused nothing", () => {
	const door = open();

	play(door, LOOK_MS, { buying: 200 }, { buying: 0 });
	play(door, 20_000, { buying: 2 }, { buying: 3 });

	expect(door.refused).toEqual(each(() => 0));
});

test("fifty who do something at the same time are no overload, however slow the machine is", () => {
	const door = open();

	play(door, LOOK_MS, { shopping: 50 }, { shopping: 0 });
	for (let done = 0; done < 50; done++) {
		play(door, 200, {});
		play(door, LOOK_MS, { browsing: 1, shopping: 1 });
	}

	expect(door.refused).toEqual(each(() => 0));
});

test("nothing is refused while the process keeps up, nor for a long stop now and then, a collection of garbage say", () => {
	const door = open();

	late(door, 20, 60_000);
	for (let stop = 0; stop < 100; stop++) {
		late(door, 1_000, 1);
		late(door, 2, 200);
	}

	expect(letsIn(door)).toEqual(SHED_IN_TURN);
});

test("a process that is late refuses everything in the end, and nothing any more within seconds after it", () => {
	const door = open();

	late(door, 2_000, 600_000);
	const then = letsIn(door);
	late(door, 0, 8_000);

	expect(then).toEqual([]);
	expect(letsIn(door)).toEqual(SHED_IN_TURN);
});

test("who is refused is told to come back the later the more there is to do", () => {
	const latest = (pressedMs: number): number => {
		const door = open();
		late(door, 150, pressedMs);
		const told = Array.from({ length: 100 }, () => {
			try {
				door.admission.enter("browsing")();
				return 0;
			} catch (error) {
				return (error as { data: { retryAfter: number } }).data.retryAfter;
			}
		});
		expect(Math.min(...told.filter((seconds) => seconds > 0))).toBe(1);
		return Math.max(...told);
	};

	expect(latest(60_000)).toBeGreaterThan(latest(5_000));
});

test("of browsing most is refused, of purchases least, and in the end everything", () => {
	const shares = [0, 0.1, 0.5, 0.6, 1, 1.5].map((pressure) =>
		SHED_IN_TURN.map((urgency) => Math.round(100 * refusedShare(urgency, pressure))),
	);

	expect(shares).toEqual([
		[0, 0, 0, 0],
		[10, 5, 0, 0],
		[50, 45, 30, 0],
		[60, 55, 40, 10],
		[100, 95, 80, 50],
		[100, 100, 100, 100],
	]);
});
