import { inChild, messageOf, startChild } from "./child";
import type { Load, Measured } from "./closed-loop";
import { figure, latency, median, middleOf } from "./report";
import type { VisitorsTask } from "./visitors";

export const VISITS_HEAD = [
	"20 products, with stock",
	"visitors",
	"a second",
	"answered, ms (p50 / p95 / p99)",
	"limit a second",
	"ratio",
];

type Visits = Measured & { page: string };

/** One row: the shop, and in turn a bare HTTP server in one process that answers the same bytes. */
export async function measureVisits(load: Load, shopUrl: string, rounds: number): Promise<string[]> {
	const shop: Visits[] = [];
	const limit: Visits[] = [];
	for (let round = 0; round < rounds; round++) {
		const visits = await inChild<VisitorsTask, Visits>("visitors.ts", { ...load, url: shopUrl });
		shop.push(visits);
		const bare = startChild("bare-http.ts");
		try {
			bare.send({ page: visits.page });
			const { port } = (await messageOf(bare, "bare-http.ts")) as { port: number };
			limit.push(await inChild<VisitorsTask, Visits>("visitors.ts", { ...load, url: `http://127.0.0.1:${port}` }));
		} finally {
			bare.kill();
		}
	}
	const answered = middleOf(shop);
	return [
		"GraphQL",
		String(load.concurrency),
		figure(answered.perSecond),
		latency(answered, "answered"),
		figure(middleOf(limit).perSecond),
		median(shop.map(({ perSecond }, round) => perSecond / limit[round]!.perSecond)).toFixed(2),
	];
}
