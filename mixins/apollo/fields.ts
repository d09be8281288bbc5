/** Which field of the client's input is wrong, and why. */
export interface FieldProblem {
	/** As the client knows it, e.g. `shippingAddress.city`; without GraphQL's `input` in front. */
	field: string;
	message: string;
}

/**
 * graphql-js says which part of a variable it refused only in words:
 * `Variable "$input" got invalid value 1.5 at "input.quantity"; Int cannot represent non-integer value: 1.5`.
 */
export function inputFields(message: string): FieldProblem[] {
	const [, variable = ""] = /^(?:Variable "\$|Argument ")([^"]+)"/.exec(message) ?? [];
	const [, at = variable] = / at "([^"]+)"; /.exec(message) ?? [];
	const [, child] = /; Field "([^"]+)" (?:of required type|is not defined)/.exec(message) ?? [];
	const path = child ? `${at}.${child}` : at;
	const reason = message.includes("; ") ? message.slice(message.indexOf("; ") + 2) : message;
	return [{ field: path.replace(/^input\./, ""), message: reason }];
}
