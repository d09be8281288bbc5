import { Errors } from "moleculer";

/** One shop has one currency: a node with another one would sell at the same figures for other money. */
export class OtherCurrencyError extends Error {
	override readonly name = "OtherCurrencyError";

	/** @param witness who says so, in the middle of a sentence */
	constructor(shop: string, setting: string, witness: string) {
		super(
			`The prices of this shop are in ${shop}, as ${witness} says, and CURRENCY is ${setting}: set CURRENCY=${shop}.`,
		);
	}
}

/** A sum that is not in the currency of who is to take it: the figures mean something else. Asking again gets the same. */
export class CurrencyMismatchError extends Errors.MoleculerClientError {
	/** @param type an order's failureReason, or for a client a code that it knows */
	constructor(
		what: string,
		{ currency, wanted }: { currency: string; wanted: string },
		type: "CURRENCY_MISMATCH" | "CONFLICT" = "CURRENCY_MISMATCH",
	) {
		super(`${what} is in ${currency}, and not in ${wanted}`, 409, type, { currency, wanted });
	}
}
