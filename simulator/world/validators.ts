import { createRequire } from "node:module";
import path from "node:path";

interface Validator {
	prototype: { compile(schema: object): unknown };
}

/**
 * Each node of each simulation compiles the same few hundred checks of parameters, which is a tenth of its start. Those
 * without functions in them are compiled once for this process.
 */
export function compileValidatorsOnce({ prototype }: Validator = moleculersOwn()): void {
	const compile = prototype.compile;
	const compiled = new Map<string, unknown>();
	prototype.compile = function compileOnce(this: object, schema: object): unknown {
		const key = keyOf(schema);
		if (key === undefined) return compile.call(this as never, schema);
		const known = compiled.get(key) ?? compile.call(this as never, schema);
		compiled.set(key, known);
		return known;
	};
}

function moleculersOwn(): Validator {
	const load = createRequire(path.join(process.cwd(), "package.json"));
	return load("fastest-validator") as Validator;
}

/** @returns undefined where it can't be told whether two are the same */
function keyOf(schema: object): string | undefined {
	let isPlain = true;
	const key = JSON.stringify(schema, (_, value: unknown) => {
		if (typeof value === "function") isPlain = false;
		return value instanceof RegExp ? String(value) : value;
	});
	return isPlain ? key : undefined;
}
