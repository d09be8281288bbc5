import { sql } from "./statement";

test("a statement has its name and text, and can't be changed", () => {
	const statement = sql("shelf.find", "SELECT 1");

	expect(statement).toEqual({ name: "shelf.find", text: "SELECT 1" });
	expect(Object.isFrozen(statement)).toBe(true);
});

test("a name of 63 bytes is taken; a longer one is refused, since PostgreSQL would cut it and two could collide", () => {
	expect(sql("x".repeat(63), "SELECT 1").name).toHaveLength(63);
	expect(() => sql("x".repeat(64), "SELECT 1")).toThrow(`The statement name ${"x".repeat(64)} is longer than 63 bytes`);
	expect(() => sql("ü".repeat(32), "SELECT 1")).toThrow("is longer than 63 bytes");
});
