import { answerTask } from "./child";
import { closedLoop, type Load, type Measured } from "./closed-loop";
import { doorOf } from "./door";

/** Visitors who look at the first page of products, again and again; or who ask whoever listens on `url`. */
export interface VisitorsTask extends Load {
	url: string;
}

const PAGE = JSON.stringify({
	query: `query { products(take: 20) {
		items { id slug name imageUrl price { amount currency } availableQuantity }
		totalItems
	} }`,
});

answerTask(async ({ url, ...load }: VisitorsTask): Promise<Measured & { page: string }> => {
	const door = doorOf(url);
	const page = await door.post(PAGE);
	if (!page.startsWith('{"data"')) throw new Error(`No products were listed: ${page}`);
	const measured = await closedLoop(load, async () => {
		const asked = performance.now();
		const answer = await door.post(PAGE);
		if (answer.length !== page.length) throw new Error(`Another answer than before: ${answer}`);
		return { answered: performance.now() - asked };
	});
	return { ...measured, page };
});
