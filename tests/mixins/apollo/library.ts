import { Errors, type Context, type ServiceSchema } from "moleculer";

/** Two services that know of each other, as a shop's do; small enough to count their calls. */
export interface Library {
	/** How often each action was called, by name. */
	calls: Map<string, number>;
	/** The params of each action's last call. */
	params: Map<string, unknown>;
	authors: ServiceSchema;
	books: ServiceSchema;
}

const authorNames: Record<string, string> = { a1: "Ada", a2: "Grace" };
const titles: Record<string, { title: string; authorId: string }> = {
	b1: { title: "Notes", authorId: "a1" },
	b2: { title: "Compilers", authorId: "a2" },
	b3: { title: "Engines", authorId: "a1" },
};

/** Errors of each kind that an action may throw, by name. */
const failures: Record<string, () => Error> = {
	conflict: () => new Errors.MoleculerClientError("Sold already", 409, "BOOK_SOLD", { available: 2 }),
	missing: () => new Errors.MoleculerClientError("No such book", 404),
	bug: () => new Error("password=hunter2 at db.internal:5432"),
	overloaded: () => new Errors.MoleculerError("Too busy", 503, "OVERLOADED", { retryAfter: 7 }),
	timeout: () => new Errors.RequestTimeoutError({ action: "books.list", nodeID: "db-1" }),
	renamed: () => new Errors.MoleculerClientError("Renamed by the gateway", 409, "CONFLICT"),
	server: () => new Errors.MoleculerServerError("disk full on db-1", 500, "DISK_FULL", { path: "/var" }),
};

const book = (id: string) => ({ id, ...titles[id] });
const author = (id: string) => ({ id, name: authorNames[id] });

export function library(): Library {
	const calls = new Map<string, number>();
	const params = new Map<string, unknown>();
	const note = <Params>(ctx: Context<Params>): Params => {
		calls.set(ctx.action!.name!, (calls.get(ctx.action!.name!) ?? 0) + 1);
		params.set(ctx.action!.name!, ctx.params);
		return ctx.params;
	};

	const authors: ServiceSchema = {
		name: "authors",
		settings: {
			graphql: {
				type: "type Author { id: ID! name: String! books: [Book!]! }",
				resolvers: { Author: { books: { action: "books.ofAuthors", rootParams: { id: "ids" }, dataLoader: true } } },
			},
		},
		actions: {
			list: {
				graphql: { query: "authors: [Author!]!" },
				handler: (ctx: Context) => (note(ctx), Object.keys(authorNames).map(author)),
			},
			resolve: (ctx: Context<{ ids: string[] }>) => note(ctx).ids.map(author),
		},
	};

	const books: ServiceSchema = {
		name: "books",
		settings: {
			graphql: {
				type: "type Book { id: ID! title: String! author: Author }",
				input:
					"input BookInput { title: String! pages: Int note: String authorId: ID tags: [String!] place: PlaceInput }\n input PlaceInput { city: String! room: String }",
				resolvers: {
					Book: { author: { action: "authors.resolve", rootParams: { authorId: "ids" }, dataLoader: true } },
				},
			},
		},
		actions: {
			list: {
				graphql: { query: "books(take: Int, genre: Genre): [Book!]!", enum: "enum Genre { PROSE POETRY }" },
				handler: (ctx: Context) => (note(ctx), Object.keys(titles).map(book)),
			},
			get: {
				graphql: { query: "book(id: ID!): Book" },
				handler: (ctx: Context<{ id: string }>) => (titles[note(ctx).id] ? book(ctx.params.id) : null),
			},
			ofAuthors: (ctx: Context<{ ids: string[] }>) =>
				note(ctx).ids.map((id) =>
					Object.keys(titles)
						.map(book)
						.filter(({ authorId }) => authorId === id),
				),
			add: {
				graphql: { mutation: "addBook(id: ID, input: BookInput!): Book!" },
				params: {
					$$strict: true,
					id: { type: "string", optional: true },
					title: { type: "string", min: 3 },
					pages: { type: "number", optional: true },
					note: { type: "string", optional: true },
					authorId: "string|optional|nullable",
					tags: { type: "array", items: "string", optional: true },
					place: {
						type: "object",
						optional: true,
						props: { city: { type: "string", min: 2 }, room: "string|optional" },
					},
				},
				handler: (ctx: Context<{ title: string }>) => ({ id: "b9", title: note(ctx).title }),
			},
			fail: {
				graphql: { query: "fail(how: String!): Int" },
				handler: (ctx: Context<{ how: string }>) => {
					if (ctx.params.how === "nonsense") return "no number";
					throw failures[ctx.params.how]!();
				},
			},
			whoami: {
				graphql: { query: "whoami: String" },
				handler: (ctx: Context<unknown, { name?: string }>) => ctx.meta.name ?? null,
			},
			cookie: {
				graphql: { mutation: "bake: Boolean" },
				handler(ctx: Context<unknown, { $responseHeaders?: object }>) {
					ctx.meta.$responseHeaders = { "set-cookie": ["a=1", "b=2"] };
					return true;
				},
			},
			secret: { visibility: "protected", graphql: { query: "secret: String" }, handler: () => "secret" },
		},
	};
	return { calls, params, authors, books };
}
