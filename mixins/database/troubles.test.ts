import { rememberTroubles } from "./troubles";

const pgError = (code: string) => Object.assign(new Error(`from pg: ${code}`), { code });

test.each(["53100", "53300", "25006"])("%s is the server's trouble at once", (code) => {
	const troubles = rememberTroubles();

	troubles.note(pgError(code));

	expect(troubles.lately()).toBe(`from pg: ${code}`);
});

test.each(["53200", "58P01", "58030"])("%s of one statement is not, a second one is", (code) => {
	const troubles = rememberTroubles();

	troubles.note(pgError(code));
	const once = troubles.lately();
	troubles.note(pgError(code));

	expect({ once, twice: troubles.lately() }).toEqual({ once: undefined, twice: `from pg: ${code}` });
});

test("a mistake in a statement is nobody's trouble", () => {
	const troubles = rememberTroubles();

	for (let n = 0; n < 3; n++) troubles.note(pgError("42601"));

	expect(troubles.lately()).toBeUndefined();
});
