import type { ServiceSchema } from "moleculer";
import { breakingChanges, schemaOf } from "./sdl";

const books: ServiceSchema = {
	name: "books",
	version: 2,
	settings: { graphql: { type: '"What is read." type Book { title: String! id: ID! at: DateTime }' } },
	mixins: [{ actions: { count: { graphql: { query: "bookCount: Int!" }, handler: () => 1 } } }],
	actions: {
		get: { graphql: { query: "book(id: ID!): Book" }, handler: () => null },
		own: { visibility: "private", graphql: { query: "hidden: Int" }, handler: () => 1 },
		plain: () => null,
		gone: false,
	},
};
const authors: ServiceSchema = {
	name: "authors",
	settings: { graphql: { type: "type Author { books: [Book!]! }\n type Book { author: Author }" } },
	actions: { list: { graphql: { query: "authors: [Author!]!" }, handler: () => [] } },
};

test("the SDL of some services is merged, sorted and complete, whatever their order", () => {
	const sdl = schemaOf([books, authors], { baseSchema: "scalar DateTime" });

	expect(sdl).toBe(`type Author {
  books: [Book!]!
}

"""What is read."""
type Book {
  at: DateTime
  author: Author
  id: ID!
  title: String!
}

scalar DateTime

type Query {
  authors: [Author!]!
  book(id: ID!): Book
  bookCount: Int!
}
`);
	expect(schemaOf([authors, books], { baseSchema: "scalar DateTime" })).toBe(sdl);
});

test("the same field declared by two services is one field", () => {
	const twin: ServiceSchema = { name: "twin", actions: { list: { graphql: { query: "authors: [Author!]!" } } } };

	const options = { baseSchema: "scalar DateTime" };
	expect(schemaOf([books, authors, twin], options)).toBe(schemaOf([books, authors], options));
});

test("services that contradict each other are an error that says where", () => {
	const other: ServiceSchema = { name: "other", actions: { get: { graphql: { query: "book(id: ID!): Int" } } } };

	expect(() => schemaOf([books, authors, other], { baseSchema: "scalar DateTime" })).toThrow(
		/"book" already defined with a different type/,
	);
});

test("what a client would stumble over is named, and what only adds is none of it", () => {
	const published =
		"type Query { book(id: ID!): Book books(take: Int): [Book!]! } type Book { title: String! isbn: ID }";
	const grown = `"All there is." type Query { book(id: ID!, lang: String): Book books(take: Int): [Book!]! authors: Int }
		type Book { title: String! isbn: ID! pages: Int }`;
	const broken =
		"type Query { book(id: ID!, lang: String!): Book books: [Book!]! } type Book { title: String isbn: Int }";

	expect(breakingChanges(published, grown)).toEqual([]);
	expect(breakingChanges(published, broken)).toEqual([
		"A required arg lang on Query.book was added.",
		"Query.books arg take was removed.",
		"Book.title changed type from String! to String.",
		"Book.isbn changed type from ID to Int.",
	]);
});
