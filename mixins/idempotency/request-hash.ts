import { createHash } from "node:crypto";

/** Tells whether two requests are the same. Objects that differ only in the order of their fields have the same. */
export function hashOf(request: unknown): Buffer {
	const canonical = JSON.stringify(request, (_key, value: unknown) =>
		value !== null && typeof value === "object" && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
			: value,
	);
	return createHash("sha256").update(canonical).digest();
}
