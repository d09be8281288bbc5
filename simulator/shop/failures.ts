import type { Command } from "./client";
import type { FaultKind } from "./fault-plans";
import type { Plan, ShopperPlan } from "./plan";
import type { Records } from "./records";
import { PROVIDER_IS_SLOW_S } from "./steering";

/** Who came, what there was, and what became of it. */
export interface Visit {
	plan: Plan;
	shoppers: readonly { who: { id: string }; plan: ShopperPlan }[];
	/** The products' ids, as the plan numbers them. */
	products: readonly string[];
	orders: Records["orders"];
	history: readonly Command[];
}

/** A shop that turns away who could be served loses nothing and doubles nothing. @returns a sentence for each */
export function turnedAwayWithoutReason(visit: Visit): string[] {
	return [...failedWithoutReason(visit), ...refusedWithoutReason(visit)];
}

function failedWithoutReason({ plan, shoppers, products, orders }: Visit): string[] {
	return orders.flatMap(({ orderId, userId, failureReason: reason, items }) => {
		const shopper = shoppers.find(({ who }) => who.id === userId);
		if (reason === null || !shopper) return [];
		const { paymentToken: token } = shopper.plan;
		const wanted = items.map(({ productId }) => products.indexOf(productId));
		if (FAILURES[reason]?.({ plan, token, wanted })) return [];
		return [`Failed: order ${orderId}, paid with ${token}, failed because of ${reason}, and nothing is so`];
	});
}

/** What shoppers are refused when they ask for it. */
function refusedWithoutReason({ plan, shoppers, products, history }: Visit): string[] {
	return history.flatMap(({ action, who, params, told }) => {
		const shopper = shoppers.find(({ who: { id } }) => id === who.id);
		if (told?.kind !== "refused" || !shopper) return [];
		const { paymentToken: token } = shopper.plan;
		const wanted = [products.indexOf(String(params.productId))];
		if (REFUSALS[`${action} ${told.code}`]?.({ plan, token, wanted })) return [];
		return [`Refused: ${action} by ${who.id} because of ${told.code}, and nothing is so`];
	});
}

interface Asked {
	plan: Plan;
	token: string;
	/** The numbers of the products. */
	wanted: readonly number[];
}

/** As long as the shortest time limit of a step. */
const LONG_MS = 2_000;
/** As long as its caller waits for an answer, in most steps. */
const ANSWER_IS_LOST_S = 5;

/** The sandbox provider keeps its books in the same PostgreSQL, and can't answer without them. */
const OF_THE_BOOKS: ReadonlySet<FaultKind> = new Set([
	"cut off",
	"lost connections",
	"postgres restarts",
	"postgres read-only",
]);

const isScarce = ({ plan, wanted }: Asked): boolean =>
	wanted.some((at) => demandFor(plan, at) > plan.products[at]!.stock);
const isWithdrawn = ({ plan, wanted }: Asked): boolean => wanted.some((at) => isDoneBy(plan, "withdraw", at));

/** Faults and a lost answer take all the time that an order has, so that nothing can be asked for again. */
function isShort({ faults, reservationTtlS }: Plan): boolean {
	const troubledMs = faults.reduce((sum, { forMs }) => sum + forMs, 0);
	return reservationTtlS * 1_000 <= troubledMs + ANSWER_IS_LOST_S * 1_000;
}

const FAILURES: Readonly<Record<string, (asked: Asked) => boolean>> = {
	PAYMENT_DECLINED: ({ token }) => token === "tok_decline",
	INSUFFICIENT_FUNDS: ({ token }) => token === "tok_insufficient_funds",
	PAYMENT_UNAVAILABLE: ({ plan, token }) =>
		["tok_late", "tok_down", "tok_timeout"].includes(token) ||
		plan.faults.some(({ kind }) => OF_THE_BOOKS.has(kind)) ||
		(token === "tok_error_once" && isShort(plan)) ||
		// A node that is frozen while it waits for the answer has given up when it thaws.
		(token === "tok_slow" && plan.faults.some(({ kind }) => kind === "freeze") && isShort(plan)),
	OUT_OF_STOCK: isScarce,
	PRODUCT_UNAVAILABLE: isWithdrawn,
	PRICE_CHANGED: ({ plan, wanted }) => wanted.some((at) => isDoneBy(plan, "reprice", at)),
	// An order may take as long as its reservation lasts, and an answer that is lost is waited for.
	TIMED_OUT: ({ plan, token }) =>
		plan.faults.some(({ forMs }) => forMs >= LONG_MS) ||
		(plan.faults.length > 0 && plan.reservationTtlS <= ANSWER_IS_LOST_S) ||
		(token === "tok_slow" && plan.reservationTtlS <= PROVIDER_IS_SLOW_S),
};

const REFUSALS: Readonly<Record<string, (asked: Asked) => boolean>> = {
	"cart.addItem INSUFFICIENT_STOCK": isScarce,
	"cart.addItem NOT_FOUND": isWithdrawn,
	// An addition whose answer was lost comes late.
	// An attempt before, whose answer was lost, has joined it.
	"cart.joinGuest CART_NOT_ACTIVE": () => true,
	"cart.joinGuest NOT_FOUND": () => true,
	"cart.checkout CART_CHANGED": () => true,
	"orders.cancel ORDER_NOT_CANCELLABLE": () => true,
};

/** How many of one product all who come want together. */
function demandFor({ shoppers }: Plan, at: number): number {
	return shoppers
		.flatMap(({ items, goesOn }) => [...items, ...(goesOn ? items.slice(0, 1) : [])])
		.filter(({ product }) => product === at)
		.reduce((sum, { quantity }) => sum + quantity, 0);
}

function isDoneBy({ clerks, products }: Plan, act: string, at: number): boolean {
	return clerks.some((clerk) => clerk.act === act && clerk.product % products.length === at);
}
