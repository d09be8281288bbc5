import { version as versionOf } from "uuid";
import { newHost, onHost } from "../../simulator/world/host";
import { forgetUuids, uuidOf } from "../../simulator/world/uuid";

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const several = (nowMs: number): string[] => Array.from({ length: 500 }, () => uuidOf(nowMs));

beforeEach(forgetUuids);

test("ids of one moment are in the order in which they were made", () => {
	const ids = several(NOW_MS);

	expect(ids.toSorted()).toEqual(ids);
	expect(new Set(ids).size).toBe(ids.length);
});

test("ids are of version 7, and tell the time of their host", () => {
	const [id] = several(NOW_MS);

	expect(versionOf(id!)).toBe(7);
	expect(Number.parseInt(id!.slice(0, 8) + id!.slice(9, 13), 16)).toBe(NOW_MS);
});

test("a clock that is set back does not disturb their order", () => {
	const ids = [...several(NOW_MS), ...several(NOW_MS - 20_000), ...several(NOW_MS + 1)];

	expect(ids.toSorted()).toEqual(ids);
});

test("each host counts for itself, as processes do", () => {
	const ahead = onHost(newHost("n1", 0), () => several(NOW_MS + 5_000));
	const behind = onHost(newHost("n2", 0), () => several(NOW_MS));

	expect(behind.toSorted()).toEqual(behind);
	expect(behind.at(-1)! < ahead[0]!).toBe(true);
});

test("a new simulation knows nothing of the ids of the one before it", () => {
	several(NOW_MS + 60_000);
	forgetUuids();

	const [id] = several(NOW_MS);

	expect(Number.parseInt(id!.slice(0, 8) + id!.slice(9, 13), 16)).toBe(NOW_MS);
});
