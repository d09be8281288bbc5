import { ownDelay, watchLoopDelay } from "./loop-delay";

test("a process that works is late for its own work, also where it shares the processors with others", () => {
	expect(ownDelay(75, 100, 100)).toBe(75);
	expect(ownDelay(75, 40, 100)).toBe(75);
});

test("a process that does next to nothing is kept waiting by others, which is no reason to refuse anybody", () => {
	expect(ownDelay(475, 20, 500)).toBe(0);
});

test("a long piece of work of its own is told as the delay that it makes", async () => {
	let stop = (): void => undefined;
	const told = new Promise<[delayMs: number, sinceMs: number]>((resolve) => {
		// What comes before is whatever else this process has to do.
		stop = watchLoopDelay((...look) => look[0] > 100 && resolve(look));
	});
	const endsAt = process.cpuUsage().user + 300_000;
	while (process.cpuUsage().user < endsAt);

	const [delayMs, sinceMs] = await told;
	stop();

	expect(sinceMs - delayMs).toBeCloseTo(25, 6);
});
