import { answerTask } from "./child";
import { closedLoop, type Load, type Measured } from "./closed-loop";
import { doorOf } from "./door";

/** Visitors who look at the first page of products, or ask in turn what `asks` says, of whoever listens on `url`. */
export interface VisitorsTask extends Load {
	url: string;
	/** Bodies of requests. */
	asks?: string[];
}

const PAGE = JSON.stringify({
	query: `query { products(take: 20) {
		items { id slug name imageUrl price { amount currency } availableQuantity }
		totalItems
	} }`,
});

answerTask(async ({ url, asks = [PAGE], ...load }: VisitorsTask): Promise<Measured & { page: string }> => {
	const door = doorOf(url);
	const page = await door.post(asks[0]!);
	let asked = 0;
	if (!page.startsWith('{"data"')) throw new Error(`No products were listed: ${page}`);
	const measured = await closedLoop(load, async () => {
		const began = performance.now();
		const answer = await door.post(asks[asked++ % asks.length]!);
		const isLike = asks.length > 1 ? answer.startsWith('{"data"') : answer.length === page.length;
		if (!isLike) throw new Error(`Another answer than before: ${answer}`);
		return { answered: performance.now() - began };
	});
	return { ...measured, page };
});
