import { Errors } from "moleculer";
import { CurrencyMismatchError } from "./currency";

/** Another sum than the one that is known. Asking again gets the same: a person must look. */
export class SumMismatchError extends Errors.MoleculerClientError {
	constructor(of: string, amount: number, known: number) {
		super(`The sum of ${of} is ${known}, and not ${amount}`, 409, "SUM_MISMATCH", { amount, known });
	}
}

/** Minor units, and what they are in. What is missing was not said: a node of before doesn't. */
interface Sum {
	amount?: number | undefined;
	currency?: string | undefined;
}

/**
 * Who is told of a sum that they know compares it: the same figure in another currency is another sum.
 * @throws {CurrencyMismatchError} {@link SumMismatchError}
 */
export function refuseOtherSum(
	of: string,
	known: { total: number; currency: string },
	{ amount = known.total, currency = known.currency }: Sum,
): void {
	if (currency !== known.currency) {
		throw new CurrencyMismatchError(`A payment of ${of}`, { currency, wanted: known.currency });
	}
	if (amount !== known.total) throw new SumMismatchError(of, amount, known.total);
}
