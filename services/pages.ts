/** Params of a list: how many to leave out, and how many to show. */
export const SKIP = { type: "number", integer: true, min: 0, max: 10_000, default: 0, convert: true };

/** More than a page holds is capped; what no page could be meant by is refused. */
export const TAKE = { type: "number", integer: true, min: 1, max: 1_000, default: 20, convert: true };

const PAGE_SIZE_MAX = 100;

export function pageSize(take: number): number {
	return Math.min(take, PAGE_SIZE_MAX);
}
