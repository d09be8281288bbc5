import type { GraphQLError } from "graphql";

/**
 * graphql-js' words without the value that they quote, which may hold a password and ends in whatever logs answers.
 * Where they are about a variable, the reason stands behind the value and is known by itself; what stands between them
 * is the place: `Variable "$input" got invalid value { … } at "input.quantity"; Int cannot represent …`.
 */
export function withoutValue({ message, originalError }: GraphQLError): string {
	const [, refused] = /^(Variable "\$\w+" got invalid value) /.exec(message) ?? [];
	if (refused === undefined) return unquoted(message);
	const reason = originalError?.message ?? "";
	const beforeReason = message.slice(0, message.length - `; ${reason}`.length);
	// A text in the value has its quotation marks escaped, so this is none.
	const [place = ""] = / at "[^"\\]+"$/.exec(beforeReason) ?? [];
	return `${refused}${place}; ${unquoted(reason)}`;
}

/** What scalars, enums and validation say. */
function unquoted(reason: string): string {
	return reason
		.replace(/( cannot represent (?:a )?(?:[\w-]+ )*value): .*$/s, "$1.")
		.replace(/^Value ".*" (does not exist in "\w+" enum\.)/s, "The value $1")
		.replace(/^(Expected value of type "[^"]+"), found .*$/s, "$1.")
		.replace(/^(Argument "\w+" has invalid value) .*$/s, "$1.");
}
