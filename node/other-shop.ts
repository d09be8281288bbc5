import { addressOf, vhostOf } from "../mixins/events/rabbitmq/address";
import type { ClaimedError } from "../mixins/events/rabbitmq/claims";

/** The exchange that names the shop of a virtual host. */
export const SHOP_CLAIM = "shop";

/** The exchange that names the currency of the shop. */
export const CURRENCY_CLAIM = "shop.currency";

/** The exchange that names the database on which a service works. */
export const databaseClaim = (service: string): string => `${service}.database`;

/** A variable, and the id of the shop to which it leads. */
export interface Lead {
	variable: string;
	shop: string;
}

/** What one node was given belongs to two shops. */
export class TwoShopsError extends Error {
	override readonly name = "TwoShopsError";

	constructor(one: Lead, other: Lead) {
		super(
			`${one.variable} and ${other.variable} lead to two shops, ${one.shop} and ${other.shop}. ` +
				"The databases of a shop know its id, and all that a node works with belongs to one: correct the wrong one. " +
				'docs/operating.md says under "Which shop" what else can be done.',
		);
	}
}

/** Events of two shops would mix: each would handle half of the other's. */
export class OtherShopsVhostError extends Error {
	override readonly name = "OtherShopsVhostError";

	constructor(amqpUrl: string, { claim, holder }: ClaimedError, variableOf: (service: string) => string) {
		const [service] = claim.name.split(".");
		const who = `its exchange ${claim.name} names ${holder ?? "somebody else"}`;
		const difference =
			claim.name === SHOP_CLAIM
				? `${who}, and this shop is ${claim.holder}`
				: `${service} works there on another database than that of ${variableOf(service!)} (${who}, and not ${claim.holder})`;
		super(
			`AMQP_URL leads to the virtual host of another shop, "${vhostOf(amqpUrl)}" at ${addressOf(amqpUrl)}: ${difference}. ` +
				"One virtual host is one shop: give this one a virtual host of its own (rabbitmqctl add_vhost). " +
				"If the other shop is gone for good, delete its virtual host and make it anew; " +
				'docs/operating.md says under "Which shop" what else can be done.',
		);
	}
}
