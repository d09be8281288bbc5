import { endOf } from "../world/postgres/ids";
import { nameOf, type Command } from "./client";

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const TAKEN = /rabbitmq takes (\w+) v(\d+) of (\S+) \((\w+)\)/;
const OPENED = /payments\.open \[(\w+) (\w+)/;
const ACCEPTED = /cart\.insert_checkout \[([\w ]+)\]/;

/** What a story calls the things that have ids, by the ends of these. */
export interface Names {
	/** `order A`, `shopper 1`, `shopper 1's cart`, `the payment of order A`, `product 1`, or an event: `OrderPlaced of order A`. */
	of(end: string): string | undefined;
	/** What has to do with what a violation names; all, where it names nothing that is known. */
	concerned(violations: readonly string[]): ReadonlySet<string>;
	/** A text with names in place of whole ids. */
	inWords(text: string): string;
}

/** A thing, and with whom it belongs together: an order with its shopper and cart. */
interface Named {
	name: string;
	with?: string;
}

/** @param lines of the schedule; @param history what clients were told, which says what belongs to whom */
export function namesIn(lines: readonly string[], history: readonly Command[]): Names {
	const named = new Map<string, Named>();
	const name = (id: string, as: Named): void => void (named.has(endOf(id)) || named.set(endOf(id), as));
	let products = 0;
	let orders = 0;
	const order = (id: string, of?: string): void => {
		if (named.has(endOf(id))) return;
		name(id, { name: `order ${String.fromCodePoint(65 + orders++)}`, with: of ?? endOf(id) });
	};
	for (const { action, params, who, told } of history) {
		const shopper = nameOf(who);
		if (who.role === "CUSTOMER") name(who.id, { name: shopper, with: endOf(who.id) });
		const { id } = (told?.kind === "done" ? told.answer : {}) as { id?: string };
		if (typeof params.cartId === "string") name(params.cartId, { name: `${shopper}'s cart`, with: endOf(who.id) });
		if (id === undefined) continue;
		if (action === "products.create") name(id, { name: `product ${++products}` });
		if (action === "cart.addItem") name(id, { name: `${shopper}'s cart`, with: endOf(who.id) });
		if (action === "cart.checkout") order(id, endOf(who.id));
	}
	for (const line of lines) {
		const [, ends] = ACCEPTED.exec(line) ?? [];
		const [first, ...others] = ends?.split(" ") ?? [];
		if (first) order(first, others.map((end) => named.get(end)?.with).find(Boolean));
		const [, payment, paidFor] = OPENED.exec(line) ?? [];
		const paid = named.get(paidFor ?? "");
		if (payment && paid) name(payment, { ...paid, name: `the payment of ${paid.name}` });
		const [, type, , aggregate, event] = TAKEN.exec(line) ?? [];
		if (!type) continue;
		if (type === "OrderPlaced") order(aggregate!);
		const about = named.get(endOf(aggregate!));
		name(event!, { name: `${type} of ${about?.name ?? endOf(aggregate!)}`, with: about?.with ?? endOf(aggregate!) });
	}
	const of = (end: string): string | undefined => named.get(end)?.name;
	return {
		of,
		concerned(violations) {
			const ids = violations.flatMap((each) => each.match(UUID) ?? []).map(endOf);
			const groups = new Set(ids.map((end) => named.get(end)?.with).filter((each) => each !== undefined));
			const isAll = groups.size === 0;
			return new Set(
				[...named].filter(([, each]) => (isAll || groups.has(each.with ?? "")) && each.with).map(([end]) => end),
			);
		},
		inWords: (text) =>
			text
				.replaceAll(UUID, (id) => of(endOf(id)) ?? id)
				.replaceAll(/\b(?:(order|product) (?=\1 )|cart (?=shopper \d+'s cart))/g, ""),
	};
}
