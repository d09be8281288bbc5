import type { OrderFields, OrderStatus } from "../graphql/documents";
import { hasFailed, isInCheckout, WAY } from "./life";

export interface Station {
	status: OrderStatus;
	name: string;
	meaning: string;
	/** `next` is where the order is going now. */
	state: "done" | "next" | "ahead" | "failed";
	at?: string;
}

const AFTERWARDS: Partial<Record<OrderStatus, { name: string; meaning: string; failed?: boolean }>> = {
	FAILED: { name: "Stopped", meaning: "A step was refused. What was done is undone, last things first.", failed: true },
	COMPENSATED: { name: "Everything undone", meaning: "As if it had never been ordered." },
	CANCELLED: { name: "Cancelled", meaning: "The money goes back to you, the pieces to the shelf." },
	SHIPPED: { name: "On its way", meaning: "The parcel has left the house." },
	DELIVERED: { name: "Delivered", meaning: "It has arrived." },
};

/** The stations behind an order with their times, and those ahead of it. A failed one has no more of the way ahead. */
export function stationsOf({ status, history }: OrderFields): Station[] {
	const at = new Map(history.map((entry) => [entry.status, entry.at]));
	const failed = hasFailed(status);
	const way = WAY.filter((station) => !failed || at.has(station.status)).map((station): Station => {
		const time = at.get(station.status);
		return { ...station, state: time === undefined ? "ahead" : "done", ...(time !== undefined && { at: time }) };
	});
	const later = history.flatMap((entry): Station[] => {
		const known = AFTERWARDS[entry.status];
		return known ? [{ ...known, status: entry.status, at: entry.at, state: known.failed ? "failed" : "done" }] : [];
	});
	const next = isInCheckout(status) ? way.find(({ state }) => state === "ahead") : undefined;
	if (next) next.state = "next";
	if (status === "FAILED") later.push({ ...AFTERWARDS.COMPENSATED!, status: "COMPENSATED", state: "next" });
	return [...way, ...later];
}
