import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { answerTask } from "./child";
import { wireTo, type Answer } from "./wire";

/** What somebody who comes along asks for; a purchase is an `add` and then a `checkout`. */
export const KINDS = ["browse", "add", "checkout"] as const;
export type Kind = (typeof KINDS)[number];

/** People who arrive at the times that a clock gives, whatever became of those before: an open loop. */
export interface ArrivalsTask {
	url: string;
	productIds: string[];
	/** Access tokens of the customers, each of whom buys one thing at a time. */
	customers: string[];
	/** One after the other. */
	phases: Phase[];
}

export interface Phase {
	arrivalsPerSecond: number;
	seconds: number;
	/** Who is refused comes back after Retry-After, this often at most. */
	retries: number;
}

/** One request, from the moment when it was due. */
export interface Outcome {
	kind: Kind;
	/** Seconds since the phase began. */
	dueS: number;
	tookMs: number;
	end: "done" | "refused" | "failed";
}

/** Of a hundred who arrive so many buy. */
const BUYERS_PER_100 = 10;

const FIELDS = "id slug name imageUrl price { amount currency } availableQuantity";
const PAGE = JSON.stringify({ query: `query { products(take: 20) { items { ${FIELDS} } totalItems } }` });
const PRODUCT = `query ($id: ID!) { product(id: $id) { ${FIELDS} description } }`;
const ADD = "mutation ($input: AddToCartInput!) { addToCart(input: $input) { id version } }";
const CHECKOUT = "mutation ($input: CheckoutInput!) { checkout(input: $input) { id number status } }";
const shippingAddress = { name: "Ada", line1: "1 Lane", city: "London", postalCode: "N1", country: "GB" };

answerTask(async ({ url, productIds, customers, phases }: ArrivalsTask) => {
	const free = [...customers];
	const anyProduct = (): string => productIds[Math.floor(Math.random() * productIds.length)]!;
	const all: Outcome[][] = [];
	for (const phase of phases) all.push(await play(phase));
	return { phases: all };

	async function play({ arrivalsPerSecond, seconds, retries }: Phase): Promise<Outcome[]> {
		const wire = wireTo(url);
		const outcomes: Outcome[] = [];
		const beganMs = performance.now();
		const ask = async (kind: Kind, firstDueMs: number, body: string, token?: string): Promise<Answer | undefined> => {
			for (let dueMs = firstDueMs, attempt = 0; ; attempt++) {
				const answer = await wire.post(body, token).catch((): Answer => ({ status: 0, body: "" }));
				const end = endOf(answer);
				outcomes.push({ kind, dueS: (dueMs - beganMs) / 1_000, tookMs: performance.now() - dueMs, end });
				if (end === "done") return answer;
				if (end === "failed" || attempt >= retries) return undefined;
				await pause((answer.retryAfterS ?? 1) * 1_000);
				dueMs = performance.now();
			}
		};
		const buy = async (dueMs: number): Promise<void> => {
			const token = free.pop();
			if (!token) throw new Error("More people buy at once than there are customers");
			try {
				const wish = { productId: anyProduct(), quantity: 1 };
				const added = await ask("add", dueMs, JSON.stringify({ query: ADD, variables: { input: wish } }), token);
				if (!added) return;
				const { addToCart } = (JSON.parse(added.body) as { data: { addToCart: { id: string; version: number } } }).data;
				const input = {
					cartId: addToCart.id,
					cartVersion: addToCart.version,
					idempotencyKey: randomUUID(),
					paymentToken: "tok_approve",
					shippingAddress,
				};
				await ask("checkout", performance.now(), JSON.stringify({ query: CHECKOUT, variables: { input } }), token);
			} finally {
				free.unshift(token);
			}
		};
		const arrive = (dueMs: number, index: number): Promise<unknown> => {
			if (index % 100 < BUYERS_PER_100) return buy(dueMs);
			const one = JSON.stringify({ query: PRODUCT, variables: { id: anyProduct() } });
			return ask("browse", dueMs, index % 2 === 0 ? PAGE : one);
		};

		const under: Promise<unknown>[] = [];
		// Arrivals of one kind shall not come in a row.
		const order = shuffled(arrivalsPerSecond * seconds);
		for (let n = 0; n < order.length; n++) {
			const dueMs = beganMs + (n * 1_000) / arrivalsPerSecond;
			const waitMs = dueMs - performance.now();
			if (waitMs > 1) await pause(waitMs);
			under.push(arrive(dueMs, order[n]!));
		}
		await Promise.all(under);
		wire.close();
		return outcomes;
	}
});

function endOf({ status, body }: Answer): Outcome["end"] {
	if (body.includes("OVERLOADED")) return "refused";
	return status === 200 && body.startsWith('{"data"') ? "done" : "failed";
}

function shuffled(count: number): number[] {
	const numbers = Array.from({ length: Math.round(count) }, (_, n) => n);
	for (let n = numbers.length - 1; n > 0; n--) {
		const other = Math.floor(Math.random() * (n + 1));
		[numbers[n], numbers[other]] = [numbers[other]!, numbers[n]!];
	}
	return numbers;
}
