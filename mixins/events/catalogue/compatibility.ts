import { isDeepStrictEqual } from "node:util";
import type { JsonSchema, Published } from "./published";

/**
 * An event is read by consumers of both ages. Old consumers read new events while nodes are replaced, and those of
 * other systems for longer; new consumers read old events, which wait in outboxes, queues and dead letters for days. So
 * one version may only change in what both sides understand: a new optional field, and words of explanation.
 */
export interface Break {
	/** `data.items[].quantity` */
	path: string;
	/** `was removed` */
	change: string;
	/** Whom it hurts, and how. */
	hurts: string;
}

/** They know the published version only. */
const OLD_CONSUMERS = "consumers that know only what is published";
/** They read by the changed contract what was published before the change. */
const NEW_CONSUMERS = "consumers with this change, which still get events from before it";

/** Says something to people and nothing to a validator. */
const ANNOTATIONS = new Set(["description", "title", "examples", "$comment", "default"]);

/** How a limit reads, and whether a greater value allows less. */
const LIMITS: Record<string, "lower" | "upper"> = {
	minimum: "lower",
	exclusiveMinimum: "lower",
	minLength: "lower",
	minItems: "lower",
	minProperties: "lower",
	maximum: "upper",
	exclusiveMaximum: "upper",
	maxLength: "upper",
	maxItems: "upper",
	maxProperties: "upper",
};

/** What of a published version is changed in a way that its readers don't bear; empty when nothing is. */
export function breaksBetween(published: Published, current: Published): Break[] {
	const moved = (["exchange", "routingKey"] as const)
		.filter((field) => published[field] !== current[field])
		.map((field) => ({
			path: field,
			change: changed(published[field], current[field]),
			hurts: `queues that are bound to ${published[field]} would not get it any more`,
		}));
	const regrouped =
		published.aggregate === current.aggregate
			? []
			: [
					{
						path: "aggregate",
						change: changed(published.aggregate, current.aggregate),
						hurts: `consumers that rely on the order of events of one ${published.aggregate}`,
					},
				];
	return [...moved, ...regrouped, ...compare("data", published.data, current.data)];
}

function compare(path: string, before: JsonSchema, after: JsonSchema): Break[] {
	if (!isDeepStrictEqual(before.type, after.type)) {
		const hurts = `${OLD_CONSUMERS} can't read the new kind, and ${NEW_CONSUMERS}, not the old one`;
		return [{ path, change: changed(before.type, after.type), hurts }];
	}
	return [
		...properties(path, before, after),
		...(before.items && after.items ? compare(`${path}[]`, before.items, after.items) : []),
		...values(path, before.enum, after.enum),
		...limits(path, before, after),
		...others(path, before, after),
	];
}

function properties(path: string, before: JsonSchema, after: JsonSchema): Break[] {
	const fields = before.properties ?? {};
	const now = after.properties ?? {};
	const required = new Set(before.required);
	const requiredNow = new Set(after.required);
	const kept = Object.keys(fields).flatMap((name): Break[] => {
		const at = `${path}.${name}`;
		const field = now[name];
		if (!field) return [{ path: at, change: "was removed", hurts: `${OLD_CONSUMERS} look for it` }];
		return [...necessity(at, required.has(name), requiredNow.has(name)), ...compare(at, fields[name]!, field)];
	});
	const added = Object.keys(now)
		.filter((name) => !fields[name] && requiredNow.has(name))
		.map((name) => ({
			path: `${path}.${name}`,
			change: "was added as required",
			hurts: `${NEW_CONSUMERS}, refuse those without it; make it .optional()`,
		}));
	return [...kept, ...added];
}

function necessity(path: string, was: boolean, is: boolean): Break[] {
	if (was === is) return [];
	return is
		? [{ path, change: "became required", hurts: `${NEW_CONSUMERS}, refuse those without it` }]
		: [{ path, change: "became optional", hurts: `${OLD_CONSUMERS} refuse events without it` }];
}

function values(path: string, before: readonly unknown[] | undefined, after: readonly unknown[] | undefined): Break[] {
	if (!before || !after) return [];
	const gone = before.filter((value) => !after.includes(value));
	const come = after.filter((value) => !before.includes(value));
	return [
		...gone.map((value) => ({
			path,
			change: `lost the value ${JSON.stringify(value)}`,
			hurts: `${NEW_CONSUMERS}, refuse those with it`,
		})),
		...come.map((value) => ({
			path,
			change: `gained the value ${JSON.stringify(value)}`,
			hurts: `${OLD_CONSUMERS} refuse events with it`,
		})),
	];
}

function limits(path: string, before: JsonSchema, after: JsonSchema): Break[] {
	return Object.entries(LIMITS).flatMap(([keyword, side]): Break[] => {
		const was = before[keyword] as number | undefined;
		const is = after[keyword] as number | undefined;
		if (was === is) return [];
		const open = side === "lower" ? -Infinity : Infinity;
		const isNarrower = side === "lower" ? (is ?? open) > (was ?? open) : (is ?? open) < (was ?? open);
		const hurts = isNarrower
			? `${NEW_CONSUMERS}, refuse those outside of it`
			: `${OLD_CONSUMERS} refuse events outside of what it was`;
		return [{ path, change: `${keyword} ${changed(was, is)}`, hurts }];
	});
}

const COMPARED = new Set([...ANNOTATIONS, ...Object.keys(LIMITS), "type", "properties", "required"]);

/** A keyword for which there is no rule: whatever has changed in it may break a reader. */
function others(path: string, before: JsonSchema, after: JsonSchema): Break[] {
	const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
	return [...keywords]
		.filter((keyword) => !COMPARED.has(keyword) && !isDeepStrictEqual(before[keyword], after[keyword]))
		.filter((keyword) => !((keyword === "items" || keyword === "enum") && before[keyword] && after[keyword]))
		.map((keyword) => ({
			path,
			change: `${keyword} ${changed(before[keyword], after[keyword])}`,
			hurts: `${OLD_CONSUMERS}, or ${NEW_CONSUMERS}, may refuse it`,
		}));
}

function changed(before: unknown, after: unknown): string {
	return `was ${before === undefined ? "not there" : JSON.stringify(before)} and is ${after === undefined ? "gone" : JSON.stringify(after)}`;
}
