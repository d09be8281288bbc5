import { queryReader, TooComplexError } from "./limits";
import { withDefaults } from "./options";

const { limits } = withDefaults({ path: "/graphql", development: false });
const reader = () => queryReader({ ...limits, cost: 1_000 });
const PAGE = "products(take: $take) { items { id sku slug name price { amount currency } category { id name } } }";

test.each<[string, string, Record<string, unknown> | undefined]>([
	["in the query", `{ ${PAGE.replace("$take", "100")} }`, undefined],
	["as a variable", `query ($take: Int) { ${PAGE} }`, { take: 100 }],
	["as a variable's default", `query ($take: Int = 100) { ${PAGE} }`, undefined],
	["as a default beside other variables", `query ($take: Int = 100, $id: ID) { ${PAGE} }`, { id: "7" }],
	["as a default, in a fragment", `query ($take: Int = 100) { ...Page } fragment Page on Query { ${PAGE} }`, undefined],
])("a long page costs what it is long, whether its length stands %s", (_where, query, variables) => {
	expect(() => reader().read(query, variables)).toThrow(TooComplexError);
});

test.each([{ take: 10 }, { take: null }])(
	"a variable that is given counts in the place of its default",
	(variables) => {
		expect(() => reader().read(`query ($take: Int = 100) { ${PAGE} }`, variables)).not.toThrow();
	},
);

test("a document is read once, as long as it is asked for now and then", () => {
	const { read } = reader();
	const [often, once] = [read("{ often }", undefined), read("{ once }", undefined)];

	for (let n = 0; n < 150; n++) {
		read(`{ another${n} }`, undefined);
		read("{ often }", undefined);
	}

	expect(read("{ often }", undefined)).toBe(often);
	expect(read("{ once }", undefined)).not.toBe(once);
});
