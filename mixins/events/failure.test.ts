import { failureOf, limited, STACK_BYTES_MAX, tooLarge } from "./failure";

test.each([0, 1, 2, 3, 4, 5])("a stack is cut to 8 KB between two characters, %d bytes on", (bytes) => {
	const { stack } = limited({ code: "A", message: "b", stack: "x".repeat(bytes) + "ü🛒".repeat(5_000) });

	expect(Buffer.byteLength(stack!)).toBeLessThanOrEqual(STACK_BYTES_MAX);
	expect(Buffer.byteLength(stack!)).toBeGreaterThan(STACK_BYTES_MAX - 4);
	expect(stack).not.toContain("�");
});

test("what is short stays as it is", () => {
	const failure = { code: "OUT_OF_PAPER", message: "größer", stack: undefined };

	expect(limited(failure)).toEqual(failure);
});

test("a body of a megabyte is taken, and not a byte more", () => {
	expect(tooLarge(1_048_576)).toBeUndefined();
	expect(tooLarge(1_048_577)).toMatchObject({
		code: "MESSAGE_TOO_LARGE",
		message: "The body of 1048577 bytes is over the limit of 1048576: too large",
	});
});

test("a NUL, which PostgreSQL can't store, is shown as a symbol", () => {
	expect(limited({ code: "A", message: "a\0b", stack: undefined }).message).toBe("a␀b");
});

test("an error tells its code, message and stack", () => {
	const error = Object.assign(new RangeError("too far"), { code: "FAR" });

	expect(failureOf(error)).toEqual({ code: "FAR", message: "too far", stack: error.stack });
	expect(failureOf(new RangeError("too far"))).toMatchObject({ code: "RangeError" });
});

test("whatever else is thrown is kept as text", () => {
	expect(failureOf("no error")).toEqual({ code: "UNKNOWN", message: "no error", stack: undefined });
	expect(failureOf(undefined)).toEqual({ code: "UNKNOWN", message: "undefined", stack: undefined });
});
