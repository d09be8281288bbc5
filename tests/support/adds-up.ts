import type { FoundDeadLetter } from "./auditor";
import type { Shop } from "./shop";

/** Registers the last test of a journey's suite: whatever has happened before, nothing was lost, doubled or half done. */
export function addsUpAtTheEnd(shop: () => Shop, deadLetters: Partial<FoundDeadLetter>[] = []): void {
	test("at the end stock, money and events add up, and nothing is dead that should not be", async () => {
		await shop().untilSound();

		expect(await shop().deadLetters()).toMatchObject(deadLetters);
	});
}
