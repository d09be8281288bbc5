import type { ActionParams } from "moleculer";

type Params = Record<string, unknown>;

/**
 * GraphQL's arguments as the action's flat params, so that REST and GraphQL share them: the fields of `input` stand
 * beside the other arguments, which win. Nulls as in {@link withoutNulls}.
 */
export function actionParams(args: Params, rules: ActionParams = {}): Params {
	const { input, ...others } = args;
	return withoutNulls(isRecord(input) ? { ...input, ...others } : args, rules);
}

/**
 * A null says "not given", as if it were left out, except where the action's own params say of the field whether it is
 * `nullable`: there it says "nothing", which the action takes or refuses. Whatever a field is called it stays one: `__proto__` is no way to the prototype.
 */
export function withoutNulls(params: Params, rules: ActionParams = {}): Params {
	const given = Object.entries(params).filter(([field, value]) => value !== null || saysOfNull(rules[field]));
	return Object.fromEntries(given.map(([field, value]) => [field, plain(value)]));
}

/** graphql-js makes input objects without a prototype, which validators and serialisers don't always take for objects. */
function plain(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(plain);
	if (!isRecord(value)) return value;
	const given = Object.entries(value).filter(([, each]) => each !== null);
	return Object.fromEntries(given.map(([field, each]) => [field, plain(each)]));
}

/** Not the instances of classes, which scalars may make: a Date, a BigInt's box. */
function isRecord(value: unknown): value is Params {
	if (typeof value !== "object" || value === null) return false;
	const prototype: unknown = Object.getPrototypeOf(value);
	return prototype === null || prototype === Object.prototype;
}

/** Whether a validator's rule, long or short, says what a null is there. */
function saysOfNull(rule: unknown): boolean {
	if (typeof rule === "string") return rule.split("|").some((part) => part === "nullable" || part === "nullable:true");
	return isRecord(rule) && rule["nullable"] !== undefined;
}
