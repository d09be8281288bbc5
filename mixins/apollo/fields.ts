/** Which field of the client's input is wrong, and why. */
export interface FieldProblem {
	/** As the client knows it, e.g. `shippingAddress.city`; without GraphQL's `input` in front. */
	field: string;
	message: string;
}

/**
 * graphql-js says which part of a variable it refused only in words:
 * `Variable "$input" got invalid value 1.5 at "quantity"; Int cannot represent non-integer value: 1.5`.
 * @param said what {@link withoutValue} has left of it
 */
export function inputFields(said: string): FieldProblem[] {
	const [, variable = ""] = /^(?:Variable "\$|Argument ")([^"]+)"/.exec(said) ?? [];
	const [, at = variable] = / at "([^"]+)"; /.exec(said) ?? [];
	const [, child] = /; Field "([^"]+)" (?:of required type|is not defined)/.exec(said) ?? [];
	const path = child ? `${at}.${child}` : at;
	const reason = said.includes("; ") ? said.slice(said.indexOf("; ") + 2) : said;
	return [{ field: path.replace(/^input\./, ""), message: reason }];
}
