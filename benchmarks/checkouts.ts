import { inChild } from "./child";
import type { Load, Measured } from "./closed-loop";
import type { LimitTask } from "./limit";
import type { Recording } from "./recording";
import { figure, latency, median, middleOf } from "./report";
import type { ShoppersTask } from "./shoppers";

export const CHECKOUTS_HEAD = [
	"checkouts",
	"shoppers",
	"a second",
	"accepted, ms (p50 / p95 / p99)",
	"then confirmed, ms",
	"limit a second",
	"limit, ms",
	"ratio",
];

export interface CheckoutsOptions {
	title: string;
	shopUrl: string;
	productIds: string[];
	/** What the limit is made of, and the database that it is measured on. */
	recording: Recording;
	limitDatabaseUrl: string;
	rounds: number;
}

/** One row: shop and limit in turn, so that what disturbs the machine disturbs both. */
export async function measureCheckouts(load: Load, options: CheckoutsOptions): Promise<string[]> {
	const { title, shopUrl: url, productIds, recording, limitDatabaseUrl: databaseUrl, rounds } = options;
	const shop: Measured[] = [];
	const limit: Measured[] = [];
	for (let round = 0; round < rounds; round++) {
		shop.push(await inChild<ShoppersTask, Measured>("shoppers.ts", { ...load, url, productIds }));
		limit.push(await inChild<LimitTask, Measured>("limit.ts", { ...load, databaseUrl, recording }));
	}
	const bought = middleOf(shop);
	const written = middleOf(limit);
	return [
		title,
		String(load.concurrency),
		figure(bought.perSecond),
		latency(bought, "accepted"),
		latency(bought, "confirmed"),
		figure(written.perSecond),
		latency(written, "written"),
		median(shop.map(({ perSecond }, round) => perSecond / limit[round]!.perSecond)).toFixed(2),
	];
}
