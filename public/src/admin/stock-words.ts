import type { StockMovementKind, StockMovementRow } from "../graphql/documents";

/** What has happened to the pieces. */
export const MOVEMENT_NAMES: Record<StockMovementKind, string> = {
	OPENED: "Product made",
	ADJUSTED: "Counted",
	RESERVED: "Reserved",
	EXPIRED: "Reservation ran out",
	RESERVED_AGAIN: "Reserved again",
	RELEASED: "Given back",
	SOLD: "Sold",
	RESTOCKED: "Taken back",
};

/** A change with its sign; nothing where there was none. */
export function change(pieces: number): string {
	if (pieces === 0) return "";
	return pieces > 0 ? `+${pieces}` : `−${-pieces}`;
}

/** What to call an order that can't be asked for its number. */
export function orderName({ orderId, order }: Pick<StockMovementRow, "orderId" | "order">): string {
	return order?.number ?? `${orderId?.slice(0, 8)} …`;
}

/** Machines say OUT_OF_STOCK, people anything. */
export function reasonName(reason: string | null): string {
	if (reason === null || !/^[A-Z_]+$/.test(reason)) return reason ?? "";
	const words = reason.replaceAll("_", " ").toLowerCase();
	return words[0]!.toUpperCase() + words.slice(1);
}
