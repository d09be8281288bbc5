/** The states that a reservation can be in; undefined before it is made. */
export type State = "RESERVED" | "SECURED" | "EXPIRED" | "RELEASED" | "SOLD" | "RESTOCKED" | undefined;

/** What can happen to one order's reservation. */
export type Move = "reserve" | "expire" | "secure" | "sell" | "release" | "cancel";

export const MOVES: readonly Move[] = ["reserve", "expire", "secure", "sell", "release", "cancel"];

/** One order: how much it wants of each product, and what has become of it. */
export interface ModelOrder {
	id: string;
	wants: ReadonlyMap<string, number>;
	state: State;
	/** Its undo came before anything else: no reservation will be made any more. */
	tombstone: boolean;
}

/** Every state that one move may lead to. What the stock decides may go either way. */
export function after(move: Move, { state, tombstone }: Pick<ModelOrder, "state" | "tombstone">): State[] {
	switch (move) {
		case "reserve":
			return state === undefined && !tombstone ? ["RESERVED", undefined] : [state];
		case "expire":
			return [state === "RESERVED" ? "EXPIRED" : state];
		case "secure":
			if (state === "EXPIRED") return ["SECURED", "EXPIRED"];
			return [state === "RESERVED" ? "SECURED" : state];
		case "sell":
			return [isHeld(state) ? "SOLD" : state];
		case "release":
		case "cancel":
			if (state === "SOLD") return ["RESTOCKED"];
			return [isHeld(state) || state === "EXPIRED" ? "RELEASED" : state];
	}
}

/** Every state that the moves may lead to when they are made at once: in this order or in any other. */
export function afterAll(moves: readonly Move[], order: Pick<ModelOrder, "state" | "tombstone">): Set<State> {
	if (moves.length === 0) return new Set([order.state]);
	const ends = moves.flatMap((move, index) => {
		const rest = moves.toSpliced(index, 1);
		const tombstone = order.tombstone || move === "release";
		return after(move, order).flatMap((state) => [...afterAll(rest, { state, tombstone })]);
	});
	return new Set(ends);
}

export function isHeld(state: State): boolean {
	return state === "RESERVED" || state === "SECURED";
}

/** What the states of all orders say about a product's stock. */
export function stockBy(orders: readonly ModelOrder[], productId: string, put: number) {
	const sum = (counts: (state: State) => boolean): number =>
		orders.reduce((total, { wants, state }) => total + (counts(state) ? (wants.get(productId) ?? 0) : 0), 0);
	const sold = sum((state) => state === "SOLD");
	return { on_hand: put - sold, reserved: sum(isHeld), sold };
}

/** Numbers from 0 to below 1, always the same ones for a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
}
