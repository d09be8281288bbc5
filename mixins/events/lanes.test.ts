import { createHash } from "node:crypto";
import type { Passenger } from "./lane";
import { LANES, lanes } from "./lanes";

const passenger = (aggregateId: string): Passenger => ({ aggregateId, attempt: 1, isSuspect: false });

/** Eight digits that follow from a number, and say nothing about its neighbours'. */
const digits = (n: number): string => createHash("sha256").update(String(n)).digest("hex").slice(0, 8);

/** Lanes whose transactions have no end until they are let go. */
function opened() {
	const began: string[] = [];
	const ends: (() => void)[] = [];
	const all = lanes<Passenger>({
		batchMax: 50,
		handleTogether: async () => undefined,
		async handleAlone({ aggregateId }) {
			began.push(aggregateId);
			await new Promise<void>((resolve) => ends.push(resolve));
			return { kind: "done" };
		},
	});
	return { all, began, letGo: () => ends.splice(0).forEach((end) => end()) };
}

test.each([
	["made at random", (n: number) => `${digits(n)}-1c3e-4a4b-9c1d-${digits(n)}${digits(n)}`.slice(0, 36)],
	["made in the same millisecond", (n: number) => `0198a8f0-3c3e-7a4b-9c1d-${digits(n)}${digits(n)}`.slice(0, 36)],
	["made one after the other", (n: number) => `0198${digits(n)}-3c3e-7a4b-9c1d-0123456789ab`],
])("aggregates whose ids were %s are spread over all lanes, as many at once as there are", async (_how, idOf) => {
	const { all, began, letGo } = opened();

	const verdicts = Array.from({ length: 100 }, (_, n) => all.handle(passenger(idOf(n))));

	expect(began).toHaveLength(LANES);
	letGo();
	expect(await Promise.all(verdicts)).toHaveLength(100);
});

test("events of one aggregate share a lane, so that one waits for the other", async () => {
	const { all, began, letGo } = opened();

	const verdicts = [all.handle(passenger("lamp")), all.handle(passenger("lamp"))];

	expect(began).toEqual(["lamp"]);
	letGo();
	await verdicts[0];
	await new Promise(setImmediate);
	expect(began).toEqual(["lamp", "lamp"]);
	letGo();
	expect(await Promise.all(verdicts)).toEqual([{ kind: "done" }, { kind: "done" }]);
});

test("all of them stop together", async () => {
	const { all } = opened();
	all.stop();

	const verdicts = Array.from({ length: 20 }, (_, n) => all.handle(passenger(digits(n))));

	expect(new Set((await Promise.all(verdicts)).map(({ kind }) => kind))).toEqual(new Set(["left"]));
});
