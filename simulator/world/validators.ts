import { createRequire } from "node:module";
import path from "node:path";

type Check = (value: unknown) => unknown;

interface Validator {
	prototype: { compile(schema: object): Check };
}

/** A function of a schema that takes so many arguments reads the call that it belongs to. */
const WITH_CONTEXT = 6;

/**
 * Each node of each simulation compiles the same few hundred checks of parameters, which is a tenth of its start. Here
 * each is compiled once for this process, and is not told of the call, which it would keep, with its node, until the next.
 */
export function compileValidatorsOnce({ prototype }: Validator = moleculersOwn()): void {
	const compile = prototype.compile;
	const compiled = new Map<string, Check>();
	prototype.compile = function compileOnce(this: object, schema: object): Check {
		const key = keyOf(schema);
		if (key === undefined) return compile.call(this as never, schema);
		const known = compiled.get(key);
		if (known) return known;
		const check = compile.call(this as never, schema);
		const alone = Object.assign((value: unknown) => check(value), check);
		compiled.set(key, alone);
		return alone;
	};
}

function moleculersOwn(): Validator {
	const load = createRequire(path.join(process.cwd(), "package.json"));
	return load("fastest-validator") as Validator;
}

const numbers = new WeakMap<object, number>();
let functions = 0;

/** @returns undefined where it can't be told whether two are the same */
function keyOf(schema: object): string | undefined {
	let isPlain = true;
	const key = JSON.stringify(schema, (_, value: unknown) => {
		if (value instanceof RegExp) return String(value);
		if (typeof value !== "function") return value;
		if (value.length >= WITH_CONTEXT) isPlain = false;
		const number = numbers.get(value) ?? ++functions;
		numbers.set(value, number);
		return `function ${number}`;
	});
	return isPlain ? key : undefined;
}
