import { buildSchema, parse, type DocumentNode } from "graphql";
import { hotQueries } from "./hot-queries";
import { withDefaults } from "./options";

const schema = buildSchema("type Query { a: Int b: Int } type Mutation { change: Int }");
const open = () => hotQueries(schema, withDefaults({ path: "/graphql", development: false }));
const find = (queries: ReturnType<typeof open>, document: DocumentNode) => queries.find(document, undefined, {});
const named = (n: number): DocumentNode => parse(`{ alias${n}: a }`);

test("a query that comes again is compiled the third time, and answers as it should", async () => {
	const queries = open();
	const document = parse("{ a b }");

	const found = [1, 2, 3].map(() => find(queries, document));

	expect(found.map(Boolean)).toEqual([false, false, true]);
	expect(await found[2]!({} as never)).toEqual({ data: { a: null, b: null } });
});

test.each(["mutation { change }", "{ unknown }"])("%s is left to Apollo, however often it comes", (query) => {
	const queries = open();
	const document = parse(query);

	expect(Array.from({ length: 10 }, () => find(queries, document)).some(Boolean)).toBe(false);
});

test("whoever makes up queries takes nobody's place for longer than until it is asked for again", () => {
	const queries = open();
	const [shops, forgotten] = [parse("{ a }"), parse("{ b }")];
	for (let times = 0; times < 3; times++) for (const document of [shops, forgotten]) find(queries, document);

	for (let n = 0; n < 300; n++) {
		const madeUp = named(n);
		for (let times = 0; times < 3; times++) find(queries, madeUp);
		find(queries, shops);
	}

	expect(find(queries, shops)).toBeDefined();
	expect(find(queries, forgotten)).toBeUndefined();
	find(queries, forgotten);
	expect(find(queries, forgotten)).toBeDefined();
	const late = named(1_000);
	expect([1, 2, 3].map(() => Boolean(find(queries, late)))).toEqual([false, false, true]);
});
