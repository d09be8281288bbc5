import type { Validators } from "moleculer";

type Params = Record<string, unknown>;
type Checker = ReturnType<Validators.Base["compile"]>;

/**
 * In an update null takes a value away, and what is left out stays. A field that may be left out and must not be taken
 * away says so by `nullable: false`, which fastest-validator itself passes over where a field is optional.
 */
export function refusingNulls<Reading extends Validators.Base>(reading: Reading): Reading {
	const compile = reading.compile.bind(reading);
	reading.compile = (schema: Params): Checker => {
		const check = compile(schema);
		const needed = Object.keys(schema).filter((field) => Object(schema[field]).nullable === false);
		if (needed.length === 0) return check;
		const checkAll = (params: Params, ...others: unknown[]) => {
			const nulls = needed.filter((field) => params?.[field] === null);
			if (nulls.length === 0) return (check as (...all: unknown[]) => unknown)(params, ...others);
			return nulls.map((field) => {
				return { type: "required", field, actual: null, message: `The '${field}' field can't be taken away.` };
			});
		};
		return Object.assign(checkAll, { async: check.async }) as unknown as Checker;
	};
	return reading;
}
