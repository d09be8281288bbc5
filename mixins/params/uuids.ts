import type { Rules } from "./reading";

/**
 * Reads each UUID as PostgreSQL writes it, in lower case: whoever compares one with what is in the database, or asks by
 * it for what is remembered, finds it whatever case it came in.
 */
export function readUuids(validator: Rules): void {
	const uuid = validator.rules["uuid"]!;
	validator.add("uuid", function (...schemaAndPath) {
		const { source } = uuid.apply(this, schemaAndPath);
		// What is refused is told as it came.
		const read = `const read = (function (value) { ${source} })(value);`;
		return { source: `${read} return typeof read === "string" ? read.toLowerCase() : read;` };
	});
}
