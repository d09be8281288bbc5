import { z } from "zod";
import { problemsOf } from "./problems";

const line = z.object({ price: z.number(), name: z.string({ error: "Not an Invalid input: but a name" }) });
const order = z.object({ lines: z.array(line) });

const problemsIn = (schema: z.ZodType, value: unknown): string => problemsOf(schema.safeParse(value).error!);

test("each problem begins with its field, however deep that is", () => {
	expect(problemsIn(order, { lines: [{ price: "7", name: "lamp" }, {}] })).toBe(
		"lines[0].price: expected number, received string; " +
			"lines[1].price: expected number, received undefined; lines[1].name: Not an Invalid input: but a name",
	);
});

test("what is wrong with all of it is said without a field", () => {
	expect(problemsIn(order, 7)).toBe("expected object, received number");
});
