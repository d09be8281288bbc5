import { failureOf, limited, STACK_BYTES_MAX } from "./failure";

test("a stack is cut to 8 KB between two characters", () => {
	const { stack } = limited({ code: "A", message: "b", stack: "ü🛒".repeat(5_000) });

	expect(Buffer.byteLength(stack!)).toBeLessThanOrEqual(STACK_BYTES_MAX);
	expect(Buffer.byteLength(stack!)).toBeGreaterThan(STACK_BYTES_MAX - 4);
	expect(stack).not.toContain("�");
});

test("what is short stays as it is", () => {
	const failure = { code: "OUT_OF_PAPER", message: "größer", stack: undefined };

	expect(limited(failure)).toEqual(failure);
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
