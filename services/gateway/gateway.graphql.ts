import { GraphQLScalarType, Kind } from "graphql";

/** What belongs to no service, and what the subscriptions of orders come through. */
export const gatewayTypes = /* GraphQL */ `
	"ISO 8601, UTC."
	scalar DateTime
	"amount is in minor units: 1999 is 19.99."
	type Money {
		"In minor units; may be 0, never negative."
		amount: Int!
		"ISO 4217, such as USD; the same for the whole shop."
		currency: String!
	}
`;

/** Dates arrive as dates from this node, and as text from another one. */
export const DateTime = new GraphQLScalarType<Date, string>({
	name: "DateTime",
	description: "ISO 8601, UTC.",
	serialize: (value) => new Date(value as Date | string).toISOString(),
	parseValue: (value) => parse(value),
	parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined),
});

function parse(value: unknown): Date {
	const date = typeof value === "string" ? new Date(value) : undefined;
	if (!date || Number.isNaN(date.getTime())) throw new TypeError("DateTime must be ISO 8601 text");
	return date;
}
