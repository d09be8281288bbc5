import type { OrderFields, OrderStatus } from "../graphql/documents";
import { hasFailed, isInCheckout, WAY } from "./life";
import type { Reader } from "./reader";
import { stationInWords } from "./station-words";

export interface Station {
	status: OrderStatus;
	name: string;
	meaning: string;
	/** `next` is where the order is going now. */
	state: "done" | "next" | "ahead" | "failed";
	at?: string;
}

/** The stations behind an order with their times, and those ahead of it. A failed one has no more of the way ahead. */
export function stationsOf(
	order: Pick<OrderFields, "status" | "paymentStatus" | "history">,
	reader: Reader,
): Station[] {
	const { status, history } = order;
	const at = new Map(history.map((entry) => [entry.status, entry.at]));
	const station = (each: OrderStatus, state: Station["state"], time?: string): Station => ({
		status: each,
		...stationInWords(each, order, reader),
		state,
		...(time !== undefined && { at: time }),
	});
	const way = WAY.filter((each) => !hasFailed(status) || at.has(each)).map((each) =>
		station(each, at.has(each) ? "done" : "ahead", at.get(each)),
	);
	const later = history
		.filter((entry) => !WAY.includes(entry.status))
		.map((entry) => station(entry.status, entry.status === "FAILED" ? "failed" : "done", entry.at));
	const next = isInCheckout(status) ? way.find(({ state }) => state === "ahead") : undefined;
	if (next) next.state = "next";
	if (status === "FAILED") later.push(station("COMPENSATED", "next"));
	return [...way, ...later];
}
