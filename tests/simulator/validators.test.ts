import { compileValidatorsOnce } from "../../simulator/world/validators";

/** Says how often it has compiled. */
function newValidator() {
	let times = 0;
	class Counting {
		compile(schema: object): () => unknown {
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

test("a function in a schema is the same one where it is the same object: it may know more than its text", () => {
	const validator = newValidator();
	const atLeast = (least: number) => (value: number) => value >= least;
	const schemaOf = (custom: (value: number) => boolean) => ({ take: { type: "number", custom } });
	const [one, two] = [atLeast(1), atLeast(2)];

	expect(validator.compile(schemaOf(one))).toBe(validator.compile(schemaOf(one)));
	expect(validator.compile(schemaOf(one))).not.toBe(validator.compile(schemaOf(two)));
});

test("a schema with a function that reads the call is compiled for each node", () => {
	const validator = newValidator();
	const custom = (value: number, _errors: [], _schema: object, _path: string, _parent: object, call: unknown) =>
		value > 0 && call !== undefined;
	const schema = () => ({ take: { type: "number", custom } });

	expect(validator.compile(schema())).not.toBe(validator.compile(schema()));
});
