import { buildSchema, GraphQLError, Kind, parse, validate } from "graphql";
import { getVariableValues } from "graphql/execution/values";
import { inputFields } from "./fields";
import { withoutValue } from "./without-value";

const schema = buildSchema(`
	enum Role { CUSTOMER }
	input Login { email: String! password: String role: Role age: Int }
	type Query { login(input: Login!): Int }
`);
const QUERY = "query ($i: Login!) { login(input: $i) }";
const SECRET = 'SECRET; pw at "i.email"; 1';

function refused(input: unknown): GraphQLError {
	const [operation] = parse(QUERY).definitions;
	if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("There is an operation");
	const { errors } = getVariableValues(schema, operation.variableDefinitions!, { i: input });
	return errors![0]!;
}

test.each([
	[
		"an unknown field",
		{ email: "x", emial: "x", password: SECRET },
		"i.emial",
		'Field "emial" is not defined by type "Login".',
	],
	["a text for an object", SECRET, "i", 'Expected type "Login" to be an object.'],
	["an object for a text", { email: { password: SECRET } }, "i.email", "String cannot represent a non string value."],
	["a text for a number", { email: "x", age: SECRET }, "i.age", "Int cannot represent non-integer value."],
	["a text for an enum", { email: "x", role: SECRET }, "i.role", 'The value does not exist in "Role" enum.'],
])("the words about %s keep the place and lose the value", (_what, input, field, reason) => {
	const said = withoutValue(refused(input));

	expect(said).not.toContain("SECRET");
	expect(said).toContain(`; ${reason}`);
	expect(inputFields(said)).toEqual([{ field, message: expect.stringContaining(reason) }]);
});

test.each(['{ login(input: "SECRET") }', '{ login(input: { email: ["SECRET"] }) }'])(
	"nor does what is said of %s quote it",
	(query) => {
		const mistakes = validate(schema, parse(query)).map(withoutValue);

		expect(mistakes).toHaveLength(1);
		expect(mistakes[0]).not.toContain("SECRET");
	},
);
