import { Validators } from "moleculer";

/** What is used here of fastest-validator, which Moleculer reads parameters with. */
interface Rules {
	rules: Record<string, Rule>;
	add(type: string, rule: Rule): void;
}

type Rule = (this: Rules, ...schemaAndPath: never[]) => { source: string };

/**
 * Reads parameters as Moleculer does, and each UUID as PostgreSQL writes it, in lower case: whoever compares one with what
 * is in the database, or asks by it for what is remembered, finds it whatever case it came in. It is done where an action
 * runs, so a call from within the process, from another node, REST and GraphQL are all read alike.
 */
export function readingUuids(): Validators.Base {
	const reading = new Validators.Fastest();
	const { validator } = reading as unknown as { validator: Rules };
	const uuid = validator.rules["uuid"]!;
	validator.add("uuid", function (...schemaAndPath) {
		const { source } = uuid.apply(this, schemaAndPath);
		// What is refused is told as it came.
		const read = `const read = (function (value) { ${source} })(value);`;
		return { source: `${read} return typeof read === "string" ? read.toLowerCase() : read;` };
	});
	return reading;
}
