import { HeldUpError } from "./errors";
import { heldUp } from "./held-up";
import { lineBefore } from "./line";

/** Work on rows that a stranger holds until it is told how that ended. */
function stage({ places = 2, waitMsMax = 60_000 } = {}) {
	const held = heldUp(waitMsMax);
	const line = lineBefore(places);
	const atWork: { name: string; end(how: "locked" | "refused" | "done"): void }[] = [];
	const settled: Record<string, string> = {};

	/** @returns when it has ended */
	function begin(name: string, ...about: string[]): Promise<unknown> {
		const work = () =>
			new Promise<string>((resolve, reject) => {
				const end = (how: string): void => {
					atWork.splice(atWork.indexOf(entry), 1);
					if (how === "done") resolve("done");
					else reject(how === "locked" ? Object.assign(new Error("lock timeout"), { code: "55P03" }) : new Error(how));
				};
				const entry = { name, end };
				atWork.push(entry);
			});
		return held.pass(about, line.enter, work).then(
			(result) => (settled[name] = result),
			(error: Error) => (settled[name] = error instanceof HeldUpError ? "not tried" : error.message),
		);
	}

	return {
		begin,
		settled,
		working: () => atWork.map(({ name }) => name),
		async ends(name: string, how: "locked" | "refused" | "done") {
			atWork.find((entry) => entry.name === name)!.end(how);
			await settle();
		},
	};
}

/** Lets everything go on that waits for nothing but another's word. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what is held is tried by one at a time, and who has stood in line behind it shares the answer", async () => {
	const { begin, working, ends, settled } = stage();
	for (const name of ["a", "b", "c", "d", "e"]) void begin(name, "lamp");
	await settle();
	expect(working()).toEqual(["a", "b"]);

	await ends("a", "locked");
	await ends("b", "locked");
	expect(working()).toEqual(["c"]);
	void begin("late", "lamp");
	void begin("other", "chair");
	await settle();
	expect(working()).toEqual(["c", "other"]);
	await ends("c", "locked");

	expect(settled).toEqual({
		a: "lock timeout",
		b: "lock timeout",
		c: "lock timeout",
		d: "not tried",
		e: "not tried",
		late: "not tried",
	});
});

test("as soon as it is free again, all go on", async () => {
	const { begin, working, ends, settled } = stage();
	void begin("a", "lamp");
	await settle();
	await ends("a", "locked");
	for (const name of ["b", "c", "d"]) void begin(name, "lamp");
	await settle();
	expect(working()).toEqual(["b"]);

	await ends("b", "done");
	expect(working()).toEqual(["c", "d"]);
	await ends("c", "done");
	await ends("d", "done");

	expect(settled).toEqual({ a: "lock timeout", b: "done", c: "done", d: "done" });
});

test("a refusal for another reason shows that it is free, too", async () => {
	const { begin, working, ends } = stage();
	void begin("a", "lamp");
	await settle();
	await ends("a", "locked");
	void begin("b", "lamp");
	void begin("c", "lamp");
	await settle();

	await ends("b", "refused");

	expect(working()).toEqual(["c"]);
});

test("what was wanted together with something that is held is tried by itself, and is free for all then", async () => {
	const { begin, working, ends, settled } = stage();
	void begin("both", "chair", "lamp");
	await settle();
	await ends("both", "locked");
	void begin("both again", "chair", "lamp");
	void begin("chair", "chair");
	await settle();
	expect(working()).toEqual(["both again"]);

	await ends("both again", "locked");
	expect(working()).toEqual(["chair"]);
	await ends("chair", "done");
	void begin("lamp", "lamp");
	void begin("another chair", "chair");
	await settle();

	expect(working()).toEqual(["lamp", "another chair"]);
	expect(settled).toEqual({ both: "lock timeout", "both again": "lock timeout", chair: "done" });
});

test("nobody waits for a look that takes too long", async () => {
	const { begin, working, ends, settled } = stage({ waitMsMax: 1 });
	void begin("a", "lamp");
	await settle();
	await ends("a", "locked");
	void begin("b", "lamp");

	await begin("c", "lamp");

	expect(settled).toEqual({ a: "lock timeout", c: "not tried" });
	expect(working()).toEqual(["b"]);
});

test("what is about nothing in particular never waits for a look", async () => {
	const { begin, working, ends } = stage({ places: 3 });
	void begin("a");
	await settle();
	await ends("a", "locked");

	void begin("b");
	void begin("c");
	await settle();

	expect(working()).toEqual(["b", "c"]);
});
