const SHOWN_MAX = 4;

/**
 * The ends of the UUIDs among a statement's values, so that who reads a schedule can follow one thing through it:
 * ` [a3f1 09bc]`. The beginning of one of version 7 is the time, and is the same for all of a moment.
 * @param args as they are given to the driver: a text and values, or an object with both
 */
export function idsIn([query, given]: readonly unknown[]): string {
	const values = Array.isArray(given) ? given : (query as { values?: unknown[] }).values;
	if (!values) return "";
	const found: string[] = [];
	const look = (value: unknown): void => {
		if (found.length === SHOWN_MAX) return;
		if (Array.isArray(value)) for (const each of value) look(each);
		else if (isUuid(value) && !found.includes(endOf(value))) found.push(endOf(value));
	};
	look(values);
	return found.length > 0 ? ` [${found.join(" ")}]` : "";
}

/** As the simulation shortens ids wherever it tells of them. */
export function endOf(id: string): string {
	return id.slice(-4);
}

/** Without looking at all letters: it is asked of each value of each statement. */
function isUuid(value: unknown): value is string {
	return typeof value === "string" && value.length === 36 && value[8] === "-" && value[23] === "-";
}
