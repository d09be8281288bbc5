import { Errors } from "moleculer";
import { inOneForm } from "../../inbox/id";
import type { DeadLetter } from "../transport";

/** Which letters of a queue are meant: some by their ids, some by what they are, or all. */
export interface Selection {
	ids?: readonly string[];
	/** Error code. */
	code?: string;
	/** Event type. */
	type?: string;
	/** ISO 8601: died then or later. */
	since?: string;
	all?: boolean;
}

const eventIds = { type: "array", items: { type: "string", min: 1, max: 200 }, min: 1, max: 1_000, optional: true };
const word = { type: "string", min: 1, max: 200, optional: true };

/** For the params of an action. */
export const filterParams = { code: word, type: word, since: word };
export const selectionParams = { ids: eventIds, ...filterParams, all: { type: "boolean", optional: true } };

/**
 * @returns whether a letter is meant
 * @throws when nothing, or two things, were said: "all of them" is never guessed
 */
export function chooser({ ids, code, type, since, all }: Selection): (letter: DeadLetter) => boolean {
	const isFiltered = code !== undefined || type !== undefined || since !== undefined;
	if ([ids !== undefined, isFiltered, all === true].filter(Boolean).length !== 1) {
		throw new Errors.MoleculerClientError(
			"Say which letters: by their ids, by error code, event type or time of death, or all",
			422,
			"BAD_USER_INPUT",
		);
	}
	if (ids) {
		const wanted = new Set(ids.map(inOneForm));
		return ({ id }) => wanted.has(id);
	}
	return filter({ code, type, since });
}

/** What is not given matches everything. */
export function filter({ code, type, since }: Pick<Selection, "code" | "type" | "since">) {
	const from = since === undefined ? undefined : new Date(since);
	if (from && Number.isNaN(from.getTime())) {
		throw new Errors.MoleculerClientError(`"${since}" is not a time like 2026-11-24T06:00:00Z`, 422, "BAD_USER_INPUT");
	}
	return (letter: DeadLetter): boolean =>
		(code === undefined || letter.failure.code === code) &&
		(type === undefined || letter.eventType === type) &&
		(from === undefined || letter.diedAt >= from);
}
