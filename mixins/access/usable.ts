import { Errors } from "moleculer";

/** What anybody sends by JSON is flat, or nearly so; walking down whatever deep would end at the stack's own limit. */
const DEPTH_MAX = 20;

/**
 * Refuses what no action could use, before anything walks through it: a text with U+0000, which PostgreSQL keeps in none
 * and some libraries change in silence; a text with half a surrogate pair, which becomes another one on its way to the
 * database, or as JSON an error there; and objects in objects without end.
 * @throws a validation error
 */
export function refuseUnusable(params: object): void {
	let level: { field: string; value: unknown }[] = [{ field: "", value: params }];
	for (let depth = 0; level.length > 0; depth++) {
		const next: typeof level = [];
		for (const { field, value } of level) {
			if (typeof value === "string") refuseText(field, value);
			if (typeof value !== "object" || value === null || value instanceof Date) continue;
			if (depth === DEPTH_MAX) refuse(field, `More than ${DEPTH_MAX} levels are too deep`);
			for (const [name, each] of Object.entries(value)) next.push({ field: field === "" ? name : field, value: each });
		}
		level = next;
	}
}

const HALF_A_PAIR = /[\ud800-\udfff]/u;

function refuseText(field: string, text: string): void {
	if (text.includes("\0")) refuse(field, "A text must not contain the character U+0000");
	if (HALF_A_PAIR.test(text)) refuse(field, "A text must be well-formed Unicode, without half a surrogate pair");
}

function refuse(field: string, message: string): never {
	throw new Errors.ValidationError(message, "VALIDATION_ERROR", [{ field, message }]);
}
