/** Params of a list: how many to leave out, and how many to show. */
export const SKIP = { type: "number", integer: true, min: 0, max: 10_000, default: 0, convert: true };

/** More than a page holds is capped, however much more. */
export const TAKE = { type: "number", integer: true, min: 1, default: 20, convert: true };

const PAGE_SIZE_MAX = 100;

export function pageSize(take: number): number {
	return Math.min(take, PAGE_SIZE_MAX);
}
