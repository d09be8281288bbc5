import { inChild, messageOf, startChild } from "./child";
import type { Load, Measured } from "./closed-loop";
import { doorOf } from "./door";
import { figure, latency, median, middleOf } from "./report";
import type { VisitorsTask } from "./visitors";

export const READS_HEAD = [
	"asked",
	"connections",
	"a second",
	"answered, ms (p50 / p95 / p99)",
	"bare Apollo Server a second",
	"ratio",
];

const FIELDS =
	"id sku slug name description imageUrl active createdAt price { amount currency } category { id name } availableQuantity";
const PRODUCTS = `query { products(take: 20) { items { ${FIELDS} } totalItems } }`;
const PRODUCT = `query ($id: ID!) { product(id: $id) { ${FIELDS} } }`;

/** One row for each question: the shop, and in turn Apollo Server as it comes on the same tables. */
export async function measureReads(
	load: Load,
	{ shopUrl, databaseUrl, rounds }: { shopUrl: string; databaseUrl: string; rounds: number },
): Promise<string[][]> {
	const reference = startChild("reference-graphql.ts");
	try {
		reference.send({ databaseUrl });
		const { port } = (await messageOf(reference, "reference-graphql.ts")) as { port: number };
		const url = `http://127.0.0.1:${port}`;
		const questions = { products: [JSON.stringify({ query: PRODUCTS })], product: await productsByOne(shopUrl) };
		await refuseOtherAnswers(questions.products[0]!, shopUrl, url);
		const rows: string[][] = [];
		for (const [name, asks] of Object.entries(questions)) {
			const [shop, bare]: [Measured[], Measured[]] = [[], []];
			for (let round = 0; round < rounds; round++) {
				shop.push(await inChild<VisitorsTask, Measured>("visitors.ts", { ...load, url: shopUrl, asks }));
				bare.push(await inChild<VisitorsTask, Measured>("visitors.ts", { ...load, url, asks }));
			}
			const answered = middleOf(shop);
			rows.push([
				name === "products" ? "20 products" : "one product",
				String(load.concurrency),
				figure(answered.perSecond),
				latency(answered, "answered"),
				figure(middleOf(bare).perSecond),
				median(shop.map(({ perSecond }, round) => perSecond / bare[round]!.perSecond)).toFixed(2),
			]);
		}
		return rows;
	} finally {
		reference.kill();
	}
}

async function productsByOne(url: string): Promise<string[]> {
	const { products } = await doorOf(url).ask<{ products: { items: { id: string }[] } }>(
		"{ products(take: 100) { items { id } } }",
		{},
	);
	return products.items.map(({ id }) => JSON.stringify({ query: PRODUCT, variables: { id } }));
}

/** A comparison of servers that do different things would say nothing. */
async function refuseOtherAnswers(body: string, shopUrl: string, referenceUrl: string): Promise<void> {
	const [shop, reference] = await Promise.all([doorOf(shopUrl).post(body), doorOf(referenceUrl).post(body)]);
	if (shop !== reference) throw new Error(`The shop answers ${shop}, and the reference ${reference}`);
}
