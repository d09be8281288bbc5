import { openCluster, type Cluster, type Gateway } from "./cluster";
import { library, type Library } from "./library";

let cluster: Cluster;
let gateway: Gateway;
let shelf: Library;

beforeAll(async () => {
	cluster = openCluster();
	shelf = library();
	await cluster.node("n1", shelf.authors, shelf.books);
	gateway = await cluster.gateway({
		formatError: (error, problem) =>
			error instanceof Error && error.message === "Renamed by the gateway" ? { ...problem, code: "GONE" } : problem,
	});
	await gateway.untilServed("{ authors { id } }");
});

afterAll(() => cluster[Symbol.asyncDispose]());

const fail = async (how: string) => {
	const answer = await gateway.query("query ($how: String!) { fail(how: $how) }", { how });
	return { ...answer, error: answer.errors![0]! };
};

describe("arguments", () => {
	test("an input's fields are the action's own params, beside the other arguments", async () => {
		const answer = await gateway.query(
			'mutation { addBook(id: "7", input: { title: "Loom", place: { city: "London" }, tags: ["a"] }) { title } }',
		);

		expect(answer.data).toEqual({ addBook: { title: "Loom" } });
		const { params } = shelf;
		expect(params.get("books.add")).toStrictEqual({ id: "7", title: "Loom", place: { city: "London" }, tags: ["a"] });
	});

	test("a null is as good as left out, unless the param is nullable", async () => {
		await gateway.query("mutation ($input: BookInput!) { addBook(input: $input) { title } }", {
			input: { title: "Loom", pages: null, note: null, authorId: null, place: { city: "London", room: null } },
		});

		const expected = { title: "Loom", authorId: null, place: { city: "London" } };
		expect(shelf.params.get("books.add")).toStrictEqual(expected);
	});

	test("what the action refuses is named as the client named it", async () => {
		const { errors } = await gateway.query('mutation { addBook(input: { title: "x", place: { city: "" } }) { id } }');

		expect(errors![0]!.extensions).toEqual({
			code: "BAD_USER_INPUT",
			fields: [
				{ field: "title", message: expect.stringContaining("3") },
				{ field: "place.city", message: expect.stringContaining("2") },
			],
		});
	});

	test.each([
		["a wrong one", { title: "Loom", pages: 1.5 }, "pages", "Int cannot represent non-integer value."],
		["one that is too large", { title: "Loom", pages: 2 ** 31 }, "pages", "Int cannot represent non 32-bit"],
		["a missing one", {}, "title", 'Field "title" of required type "String!" was not provided.'],
		["an unknown one", { title: "Loom", titel: 1 }, "titel", 'Field "titel" is not defined by type "BookInput".'],
		["a nested one", { title: "Loom", place: { city: 1 } }, "place.city", "String cannot represent"],
	])("of the fields that GraphQL refuses, %s is named too", async (_which, input, field, message) => {
		const { status, errors } = await gateway.query("mutation ($input: BookInput!) { addBook(input: $input) { id } }", {
			input,
		});

		expect(status).toBe(400);
		expect(errors![0]!.extensions).toEqual({
			code: "BAD_USER_INPUT",
			fields: [{ field, message: expect.stringContaining(message) }],
		});
	});

	test("a missing variable is named", async () => {
		const { status, errors } = await gateway.query("query ($id: ID!) { book(id: $id) { id } }");

		expect(status).toBe(400);
		expect(errors![0]!.extensions).toMatchObject({ code: "BAD_USER_INPUT", fields: [{ field: "id" }] });
	});
});

describe("errors", () => {
	test("an error of the client's making keeps its type, message and data", async () => {
		const { error } = await fail("conflict");

		expect(error).toMatchObject({ message: "Sold already", path: ["fail"] });
		expect(error.extensions).toEqual({ code: "BOOK_SOLD", available: 2 });
	});

	test("an error without a type is named by its status", async () => {
		expect((await fail("missing")).error.extensions.code).toBe("NOT_FOUND");
	});

	test.each(["bug", "server"])(
		"nothing of the inside leaves with a %s, which is logged with its traceId",
		async (how) => {
			const { error, text } = await fail(how);

			expect(error.extensions).toEqual({ code: "INTERNAL_SERVER_ERROR", traceId: expect.any(String) });
			expect(text).not.toMatch(/hunter2|disk|stack|n1/i);
			const line = gateway.logged.find((each) => each.includes(String(error.extensions["traceId"])));
			expect(line).toMatch(/hunter2|disk full/);
		},
	);

	test("a value that GraphQL can't write is our fault, not the client's", async () => {
		expect((await fail("nonsense")).error.extensions.code).toBe("INTERNAL_SERVER_ERROR");
	});

	test("what time can heal says when to come back", async () => {
		const overloaded = await fail("overloaded");
		const timedOut = await fail("timeout");

		expect(overloaded.error.extensions).toEqual({ code: "OVERLOADED", retryAfter: 7 });
		expect(overloaded.headers.get("retry-after")).toBe("7");
		expect(timedOut.error.extensions).toEqual({ code: "UNAVAILABLE", retryAfter: expect.any(Number) });
		expect(timedOut.text).not.toContain("db-1");
	});

	test("the gateway has the last word", async () => {
		expect((await fail("renamed")).error.extensions.code).toBe("GONE");
	});

	test("a syntax error and an unknown field are GRAPHQL_VALIDATION_FAILED, without hints at what exists", async () => {
		const syntax = await gateway.query("{ books { ");
		const unknown = await gateway.query("{ bookz { id } }");
		const wrongEnum = await gateway.query("query ($genre: Genre) { books(genre: $genre) { id } }", { genre: "PROSA" });

		expect([syntax.status, unknown.status, wrongEnum.status]).toEqual([400, 400, 400]);
		expect(syntax.errors![0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
		expect(unknown.errors![0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
		expect(wrongEnum.errors![0]!.extensions.code).toBe("BAD_USER_INPUT");
		expect(syntax.text + unknown.text + wrongEnum.text).not.toMatch(/did you mean/i);
	});

	test("two operations and no name, or a name that isn't there, are refused", async () => {
		const unnamed = await gateway.query("query A { whoami } query B { whoami }");
		const misnamed = await gateway.post({ query: "query A { whoami }", operationName: "C" });

		for (const { status, errors } of [unnamed, misnamed]) {
			expect(status).toBe(400);
			expect(errors![0]!.extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
		}
	});
});
