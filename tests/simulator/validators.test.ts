import { compileValidatorsOnce } from "../../simulator/world/validators";

/** Says how often it has compiled. */
function newValidator() {
	let times = 0;
	class Counting {
		compile(schema: object): unknown {
			times++;
			return () => schema;
		}
	}
	compileValidatorsOnce(Counting);
	return { compile: (schema: object) => new Counting().compile(schema), times: () => times };
}

test("two schemas that say the same are compiled once, whoever asks", () => {
	const validator = newValidator();

	const first = validator.compile({ id: "uuid", take: { type: "number", max: 100 } });
	const second = validator.compile({ id: "uuid", take: { type: "number", max: 100 } });

	expect(second).toBe(first);
	expect(validator.times()).toBe(1);
});

test("a schema with another limit, pattern or order of fields is another one", () => {
	const validator = newValidator();

	const all = [
		{ take: { type: "number", max: 100 } },
		{ take: { type: "number", max: 101 } },
		{ name: { type: "string", pattern: /^a/ } },
		{ name: { type: "string", pattern: /^b/ } },
		{ name: { type: "string", pattern: /^b/i } },
		{ name: { type: "string" }, take: "number" },
		{ take: "number", name: { type: "string" } },
	].map((schema) => validator.compile(schema));

	expect(new Set(all).size).toBe(all.length);
});

test("a schema with a function in it is compiled each time, as the function may know more than its text", () => {
	const validator = newValidator();
	const schemaOf = (least: number) => ({ take: { type: "number", custom: (value: number) => value >= least } });

	expect(validator.compile(schemaOf(1))).not.toBe(validator.compile(schemaOf(2)));
});
