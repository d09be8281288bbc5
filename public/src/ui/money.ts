import type { Price } from "../graphql/documents";

const formats = new Map<string, Intl.NumberFormat>();

function formatOf(currency: string): Intl.NumberFormat {
	let format = formats.get(currency);
	if (!format) {
		format = new Intl.NumberFormat("en", { style: "currency", currency });
		formats.set(currency, format);
	}
	return format;
}

/** How many minor units make one is the currency's own affair: 100 cents, 1 yen, 1000 fils. */
export function minorUnits(currency: string): number {
	return 10 ** (formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2);
}

export function inWords({ amount, currency }: Price): string {
	return formatOf(currency).format(amount / minorUnits(currency));
}
