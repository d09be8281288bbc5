import { randomUUID } from "node:crypto";
import { v7 as uuidv7 } from "uuid";
import type { Recording, Unit } from "./recording";

/** Beyond every number that a shop under test gives out. */
let orderNumber = Date.now() * 1_000;

/** Makes the recorded purchase again and again, each time with ids of its own and of any product. */
export function repetitionsOf({ units, born, productId, productIds }: Recording): () => Unit[] {
	const ids = new RegExp([...born, productId, String.raw`\bM-\d+\b`].join("|"), "g");
	return () => {
		const fresh = new Map<string, string>([[productId, productIds[Math.floor(Math.random() * productIds.length)]!]]);
		const replace = (id: string): string => {
			const known = fresh.get(id) ?? (id.startsWith("M-") ? `M-${orderNumber++}` : idLike(id));
			fresh.set(id, known);
			return known;
		};
		const renew = (value: unknown): unknown => {
			if (typeof value === "string") return value.replace(ids, replace);
			return Array.isArray(value) ? value.map(renew) : value;
		};
		return units.map((unit) => unit.map(({ name, text, values }) => ({ name, text, values: values.map(renew) })));
	};
}

/** Of the same version: the age of a UUIDv7 decides where a row goes. */
function idLike(id: string): string {
	return id[14] === "7" ? uuidv7() : randomUUID();
}
