import type { Clock } from "../../simulator/world/clock";
import { newHost, type Host } from "../../simulator/world/host";
import { randomOf } from "../../simulator/world/random";
import { newSchedule, type Schedule, type ScheduleOptions } from "../../simulator/world/schedule";

/** Timers that go by nobody's clock but their own. */
function handClock(): Clock & { after(ms: number, work: () => void): void } {
	let nowMs = 0;
	let timers: { atMs: number; work: () => void }[] = [];
	const first = () => timers.toSorted((a, b) => a.atMs - b.atMs)[0];
	return {
		nowMs: () => nowMs,
		next() {
			const timer = first();
			if (!timer) return false;
			timers = timers.filter((each) => each !== timer);
			nowMs = timer.atMs;
			timer.work();
			return true;
		},
		nextMs: () => first()?.atMs,
		goTo: (ms) => void (nowMs = ms),
		reset: () => undefined,
		forgetTimers: () => undefined,
		timers: () => timers.length,
		after: (ms, work) => void timers.push({ atMs: nowMs + ms, work }),
	};
}

interface Bench {
	clock: ReturnType<typeof handClock>;
	schedule: Schedule;
	happened: string[];
	offer(what: string, host?: Host, delayMsMax?: number): void;
}

function bench(options: Partial<ScheduleOptions> & { seed?: number } = {}): Bench {
	const { seed = 1, ...rest } = options;
	const clock = handClock();
	const happened: string[] = [];
	const schedule = newSchedule({
		clock,
		random: randomOf(seed),
		weather: { slowness: 0, delayMsMax: 100, lateCommits: 0 },
		sources: [],
		...rest,
	});
	const offer: Bench["offer"] = (what, host, delayMsMax) =>
		schedule.offer(what, host, () => happened.push(what), delayMsMax);
	return { clock, schedule, happened, offer };
}

const LETTERS = [..."abcdefgh"];
const untilQuiet = (schedule: Schedule): Promise<boolean> => schedule.run(() => false, 60_000);

async function orderOf(seed: number): Promise<{ order: string; hash: string }> {
	const { schedule, happened, offer } = bench({ seed });
	for (const letter of LETTERS) offer(letter);
	await untilQuiet(schedule);
	return { order: happened.join(""), hash: schedule.hash() };
}

test("one seed has one order, and another seed another", async () => {
	const [one, again, other] = await Promise.all([orderOf(1), orderOf(1), orderOf(2)]);

	expect(again).toEqual(one);
	expect(other.order).not.toBe(one.order);
	expect(other.hash).not.toBe(one.hash);
	expect([...one.order].toSorted()).toEqual(LETTERS);
});

test("every choice is a line and a step, and what is noted is a line alone", async () => {
	const { schedule, offer } = bench();
	schedule.note("the beginning");
	offer("a");
	await untilQuiet(schedule);
	schedule.note("the end");

	expect(schedule.lines).toEqual(["0 the beginning", "0 a", "60000 the end"]);
	expect(schedule.steps).toBe(1);
	expect(schedule.choices).toEqual([1]);
});

test("what can happen has happened before its longest delay is over, however slow the weather", async () => {
	const { clock, schedule, happened, offer } = bench({ weather: { slowness: 1, delayMsMax: 100, lateCommits: 0 } });
	const seen: string[] = [];
	for (const ms of [30, 90, 110, 150]) clock.after(ms, () => seen.push(`${ms}: ${happened.join("")}`));
	offer("a");
	offer("b", undefined, 50);

	await schedule.run(() => happened.length === 2 && clock.timers() === 0, 1_000);

	expect(seen).toEqual(["30: ", "90: b", "110: ba", "150: ba"]);
});

test("a killed host does nothing more, and a frozen one waits until it is awake", async () => {
	const { schedule, happened, offer } = bench();
	const [killed, frozen] = [newHost("n1", 0), newHost("n2", 0)];
	offer("killed", killed);
	offer("frozen", frozen);
	offer("running", newHost("n3", 0));
	killed.state = "killed";
	frozen.state = "frozen";

	await untilQuiet(schedule);
	const whileFrozen = [...happened];
	frozen.state = "running";
	await untilQuiet(schedule);

	expect(whileFrozen).toEqual(["running"]);
	expect(happened).toEqual(["running", "frozen"]);
});

test("once it is calm, what was offered first happens first", async () => {
	const { schedule, happened, offer } = bench({ calmFromStep: 0 });
	for (const letter of LETTERS) offer(letter);

	await untilQuiet(schedule);

	expect(happened).toEqual(LETTERS);
});

test("it is as drawn up to the step from which it is calm", async () => {
	const drawn = await orderOf(1);
	const { schedule, happened, offer } = bench({ calmFromStep: 3 });
	for (const letter of LETTERS) offer(letter);

	await untilQuiet(schedule);

	expect(happened.slice(0, 3).join("")).toBe(drawn.order.slice(0, 3));
	expect(happened.slice(3)).toEqual(happened.slice(3).toSorted());
});

test("it goes on until it is done, or until the time is over", async () => {
	const { clock, schedule, happened, offer } = bench();
	clock.after(10, () => offer("late"));
	clock.after(5_000, () => offer("too late"));

	expect(await schedule.run(() => happened.includes("late"), 1_000)).toBe(true);
	expect(await schedule.run(() => happened.includes("too late"), 1_000)).toBe(false);
	expect(happened).toEqual(["late"]);
});

test("the time goes on to its end where nothing happens any more, and where something would after it", async () => {
	const { clock, schedule, happened, offer } = bench();
	expect(await schedule.run(() => false, 250)).toBe(false);
	expect(clock.nowMs()).toBe(250);

	clock.after(400, () => offer("at 650"));
	expect(await schedule.run(() => false, 250)).toBe(false);
	expect(clock.nowMs()).toBe(500);
	expect(await schedule.run(() => happened.includes("at 650"), 250)).toBe(true);
});

test("what goes on elsewhere is waited for before each choice, and offers choices of its own", async () => {
	const log: string[] = [];
	let offered = 2;
	const source = {
		ready: () => (offered > 0 ? [{ what: "statement", host: undefined, happen: () => void offered-- }] : []),
		async settle() {
			log.push(`settled with ${offered} left`);
			return false;
		},
	};
	const { schedule } = bench({ sources: [source] });

	await untilQuiet(schedule);

	expect(schedule.lines).toEqual(["0 statement", "0 statement"]);
	expect(log).toEqual(["settled with 2 left", "settled with 1 left", "settled with 0 left"]);
});
