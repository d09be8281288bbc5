import { Errors, type Context, type ServiceSchema } from "moleculer";
import { until } from "../../support/until";
import { openCluster } from "./cluster";
import { library } from "./library";

const baseSchema = `
	type Query { authors: [Author!]! books(take: Int): [Book!]! late: String }
	type Subscription { news: String }
	type Author { id: ID! name: String! books: [Book!]! }
	type Book { id: ID! title: String! author: Author }
`;

const said = (name: string, field: string, text: string): ServiceSchema => ({
	name,
	actions: { say: { graphql: { query: `${field}: String` }, handler: () => text } },
});

describe("one schema of many services", () => {
	test.concurrent("a query spans two services on two nodes", async () => {
		await using cluster = openCluster();
		const { authors, books } = library();
		await cluster.node("n1", authors);
		await cluster.node("n2", books);
		const gateway = await cluster.gateway();

		const answer = await gateway.untilServed("{ books { title author { name } } }");

		expect(answer.data).toEqual({
			books: [
				{ title: "Notes", author: { name: "Ada" } },
				{ title: "Compilers", author: { name: "Grace" } },
				{ title: "Engines", author: { name: "Ada" } },
			],
		});
	});

	test.concurrent("a list of children takes one call for all parents, at each level", async () => {
		await using cluster = openCluster();
		const { authors, books, calls, params } = library();
		await cluster.node("n1", authors, books);
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ authors { id } }");
		calls.clear();

		await gateway.query("{ books { author { name books { title author { id } } } } }");

		expect(Object.fromEntries(calls)).toEqual({ "books.list": 1, "authors.resolve": 1, "books.ofAuthors": 1 });
		expect(params.get("authors.resolve")).toEqual({ ids: ["a1", "a2"] });
	});

	test.concurrent("each request loads afresh", async () => {
		await using cluster = openCluster();
		const { authors, books, calls } = library();
		await cluster.node("n1", authors, books);
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ authors { id } }");
		calls.clear();

		await gateway.query("{ books { author { name } } }");
		await gateway.query("{ books { author { name } } }");

		expect(calls.get("authors.resolve")).toBe(2);
	});

	test.concurrent("a node that brings new types is served without a restart", async () => {
		await using cluster = openCluster();
		await cluster.node("n1", said("greeter", "hello", "hi"));
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ hello }");
		expect((await gateway.query("{ goodbye }")).errors?.[0]?.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");

		await cluster.node("n2", said("leaver", "goodbye", "bye"));

		expect((await gateway.untilServed("{ hello goodbye }")).data).toEqual({ hello: "hi", goodbye: "bye" });
	});

	test.concurrent("a second version of a service adds its fields beside the first one's", async () => {
		await using cluster = openCluster();
		const first = said("greeter", "hello", "hi");
		const second = said("greeter", "hello", "hi");
		second.actions!["shout"] = { graphql: { query: "shout: String" }, handler: () => "HI" };
		await cluster.node("old", first);
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ hello }");

		await cluster.node("new", second);

		expect((await gateway.untilServed("{ hello shout }")).data).toEqual({ hello: "hi", shout: "HI" });
	});

	test.concurrent("the fields of a node that has left answer UNAVAILABLE and the rest works", async () => {
		await using cluster = openCluster();
		await cluster.node("n1", said("greeter", "hello", "hi"));
		const leaving = await cluster.node("n2", said("leaver", "goodbye", "bye"));
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ hello goodbye }");

		await leaving.stop();

		const answer = await until(
			async () => {
				const tried = await gateway.query("{ hello goodbye }");
				return tried.errors && tried;
			},
			{ what: "the node to be gone" },
		);
		expect(answer.data).toEqual({ hello: "hi", goodbye: null });
		expect(answer.errors).toHaveLength(1);
		expect(answer.errors![0]).toMatchObject({ path: ["goodbye"], extensions: { code: "UNAVAILABLE" } });
		expect(answer.errors![0]!.extensions["retryAfter"]).toBeGreaterThanOrEqual(1);
		expect(answer.headers.get("retry-after")).toMatch(/^[12]$/);
	});

	test.concurrent("a service that was never there is in the base schema, and answers UNAVAILABLE until it comes", async () => {
		await using cluster = openCluster();
		const gateway = await cluster.gateway({ baseSchema });
		const { authors, books } = library();

		const before = await gateway.query("{ authors { name } }");
		await cluster.node("n1", authors, books);
		const after = await gateway.untilServed("{ authors { name } }");

		expect(before.errors![0]!.extensions.code).toBe("UNAVAILABLE");
		expect(before.data).toBeNull();
		expect(after.data).toEqual({ authors: [{ name: "Ada" }, { name: "Grace" }] });
	});

	test.concurrent("without a base schema and without a service the answer is UNAVAILABLE too", async () => {
		await using cluster = openCluster();
		const gateway = await cluster.gateway();

		const answer = await gateway.query("{ authors { name } }");

		expect(answer.status).toBe(503);
		expect(answer.headers.get("retry-after")).toBe("1");
		expect(answer.errors![0]!.extensions.code).toBe("UNAVAILABLE");
	});

	test.concurrent("definitions that contradict the others' are left out and named, and don't keep new ones from coming", async () => {
		await using cluster = openCluster();
		await cluster.node("n1", said("greeter", "hello", "hi"));
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ hello }");
		const contradicting: ServiceSchema = {
			name: "annoyer",
			actions: { say: { graphql: { query: "hello: [Int!]!" }, handler: () => [1] } },
		};

		await cluster.node("n2", contradicting);
		await until(() => gateway.logged.some((line) => line.includes("annoyer")), { what: "the log to name it" });
		await cluster.node(
			"n3",
			{ name: "broken", settings: { graphql: { type: "type {" } } },
			said("leaver", "goodbye", "bye"),
		);

		expect((await gateway.untilServed("{ hello goodbye }")).data).toEqual({ hello: "hi", goodbye: "bye" });
	});

	test.concurrent("a base schema that isn't valid stops the start", async () => {
		await using cluster = openCluster();

		await expect(cluster.gateway({ baseSchema: "type Query { a: Missing }" })).rejects.toThrow(
			"compile GraphQL schema",
		);
	});

	test.concurrent("what is declared on an action that isn't published is not in the schema", async () => {
		await using cluster = openCluster();
		const { authors, books } = library();
		await cluster.node("n1", authors, books);
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ authors { id } }");

		const answer = await gateway.query("{ secret }");

		expect(answer.errors![0]!.message).toBe('Cannot query field "secret" on type "Query".');
	});

	test.concurrent("a request that is under way while the schema changes ends as it began", async () => {
		await using cluster = openCluster();
		const asked: ((text: string) => void)[] = [];
		const slow: ServiceSchema = {
			name: "slow",
			actions: {
				say: {
					graphql: { query: "slow: String" },
					handler: () => new Promise((resolve) => void asked.push(resolve)),
				},
			},
		};
		await cluster.node("n1", slow, said("greeter", "hello", "hi"));
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ hello }");

		const underWay = gateway.query("{ slow hello }");
		await until(() => asked.length === 1, { what: "the slow action to be called" });
		await cluster.node("n2", said("leaver", "goodbye", "bye"));
		await gateway.untilServed("{ goodbye }");
		asked[0]!("at last");

		expect((await underWay).data).toEqual({ slow: "at last", hello: "hi" });
	});

	test.concurrent("requests never fail while nodes come", async () => {
		await using cluster = openCluster();
		await cluster.node("n1", said("greeter", "hello", "hi"));
		const gateway = await cluster.gateway();
		await gateway.untilServed("{ hello }");
		const failures: string[] = [];
		const over = new AbortController();
		const asking = async () => {
			while (!over.signal.aborted) {
				const answer = await gateway.query("{ hello }");
				if (answer.errors) failures.push(answer.text);
			}
		};

		const askers = [asking(), asking(), asking(), asking()];
		for (const field of ["one", "two", "three", "four"]) {
			await cluster.node(field, said(`${field}er`, field, field));
			await gateway.untilServed(`{ ${field} }`);
		}
		over.abort();
		await Promise.all(askers);

		expect(failures).toEqual([]);
	});
});

describe("hand-written resolvers", () => {
	test.concurrent("win over what services declare, and call actions with the request's context", async () => {
		await using cluster = openCluster();
		await cluster.node("n1", said("greeter", "hello", "hi"));
		const gateway = await cluster.gateway({
			baseSchema: "type Query { hello: String refuse: String }",
			resolvers: {
				Query: {
					hello: async (_parent, _args, { ctx }: { ctx: Context }) => `${await ctx.call<string>("greeter.say")}!`,
					refuse: () => {
						throw new Errors.MoleculerClientError("no", 403, "FORBIDDEN");
					},
				},
			},
		});

		expect((await gateway.untilServed("{ hello }")).data).toEqual({ hello: "hi!" });
		expect((await gateway.query("{ refuse }")).errors![0]!.extensions.code).toBe("FORBIDDEN");
	});
});
