import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { describeOnPrivateRabbitMQ } from "../support/servers";
import { until } from "../support/until";
import type { Failpoint } from "./failpoint";
import { broken } from "./figures";
import { form } from "./form";
import { openWorld, type World } from "./world";

jest.setTimeout(600_000);

/** Longer than a relay's lease, after which others have taken over its share. */
const FROZEN_MS = 6_000;
const CALM_ATTEMPTS = 5;
/** A reader that takes so long over each letter, and has had some for half of that, is in the middle of them. */
const READING_MS = 200;

describeOnPrivateRabbitMQ("what happens to processes", () => {
	let world: World;

	beforeAll(async () => {
		world = await openWorld({ letters: 4, readers: 2 });
	});
	afterAll(() => world?.[Symbol.asyncDispose]());

	const writer = (n: number) => world.letters[n % world.letters.length]!;
	const reader = (n: number) => world.readers[n % world.readers.length]!;

	test("four relays on one outbox, and nothing happens: each event is published exactly once", async () => {
		let twiceOnTheWire: number | undefined;
		for (let tried = 0; twiceOnTheWire === undefined && tried < CALM_ATTEMPTS; tried++) {
			const before = await until(async () => sharedByAll(await leases()), {
				what: "four relays to share the outbox",
				withinMs: 60_000,
				everyMs: 200,
			});
			const quiet = troubles();

			const figures = await world.survives("four relays in calm", 1, () => pause(form.calmMs));

			expect(broken(figures)).toEqual([]);
			// On a machine that is too busy a relay may lose its lease, or wait in vain for a confirm: then it was no calm.
			const wasCalm = isDeepStrictEqual([await leases(), troubles()], [before, quiet]);
			if (wasCalm) ({ twiceOnTheWire } = figures);
		}
		expect(twiceOnTheWire).toBe(0);
	});

	test("a writer is killed, which relays as well", async () => {
		const figures = await world.survives("relay killed", form.kills, async (n) => {
			await writer(n).kill();
			await world.resume(writer(n));
		});

		expect(broken(figures)).toEqual([]);
	});

	test.each<Failpoint>(["before the publish", "after the confirm"])("a relay is killed %s", async (point) => {
		const figures = await world.survives(`relay killed ${point}`, form.kills, async (n) => {
			await writer(n).ask("dieAt", point);
			await writer(n).ended();
			await world.resume(writer(n));
		});

		expect(broken(figures)).toEqual([]);
	});

	test("a reader is killed in the middle of some letters", async () => {
		const figures = await world.survives("consumer killed", form.kills, async (n) => {
			await reader(n).ask("behave", { slowMs: READING_MS });
			await pause(READING_MS / 2);
			await reader(n).kill();
			await reader(n).start();
		});

		expect(broken(figures)).toEqual([]);
	});

	test("relays are frozen past their lease, and wake up", async () => {
		const figures = await world.survives("two of four relays frozen", 1, async () => {
			writer(0).freeze();
			writer(1).freeze();
			await pause(FROZEN_MS);
			writer(0).wake();
			writer(1).wake();
		});

		expect(broken(figures)).toEqual([]);
	});

	test("every relay is frozen past its lease, and wakes up to find that nobody else has it", async () => {
		const figures = await world.survives("all relays frozen", 1, async () => {
			for (const each of world.letters) each.freeze();
			await pause(FROZEN_MS);
			for (const each of world.letters) each.wake();
		});

		expect(broken(figures)).toEqual([]);
	});

	const troubles = () => world.letters.map((each) => each.words());
	const leases = (): Promise<Lease[]> =>
		world.books.ask("SELECT partition, owner, epoch FROM letters.outbox_leases ORDER BY partition");

	function sharedByAll(all: readonly Lease[]): readonly Lease[] | undefined {
		const owners = new Set(all.map(({ owner }) => owner));
		const isFair = [...owners].every(
			(one) => all.filter(({ owner }) => owner === one).length * owners.size === all.length,
		);
		return owners.size === world.letters.length && isFair ? all : undefined;
	}
});

interface Lease {
	partition: number;
	owner: string | null;
	epoch: number;
}
