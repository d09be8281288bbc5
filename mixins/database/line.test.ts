import { DatabaseBusyError } from "./errors";
import { lineBefore } from "./line";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("so many are in at once, and the others come in as they have come", async () => {
	const line = lineBefore(2);
	const inside: string[] = [];
	const leaving = new Map<string, () => void>();
	const come = (name: string): void =>
		void line.enter().then((leave) => {
			inside.push(name);
			leaving.set(name, leave);
		});

	for (const name of ["a", "b", "c", "d"]) come(name);
	await settle();
	expect(inside).toEqual(["a", "b"]);
	leaving.get("b")!();
	come("e");
	await settle();
	expect(inside).toEqual(["a", "b", "c"]);
	leaving.get("a")!();
	leaving.get("c")!();
	await settle();

	expect(inside).toEqual(["a", "b", "c", "d", "e"]);
});

test("who has stood in line for too long is told to come again, and takes nobody's place", async () => {
	const line = lineBefore(1, 1);
	const leave = await line.enter();

	await expect(line.enter()).rejects.toBeInstanceOf(DatabaseBusyError);

	leave();
	const again = await line.enter();
	again();
	await line.enter();
});
