import { publish } from "../../../mixins/apollo/pubsub";
import { until } from "../../support/until";
import { openCluster, type Cluster, type Gateway } from "./cluster";
import { counter, options } from "./counter";
import { ask, hear, values } from "./hearing";

let cluster: Cluster;
let gateway: Gateway;

beforeAll(async () => {
	cluster = openCluster();
	await cluster.node("n1", counter());
	gateway = await cluster.gateway(options);
	await gateway.untilServed("{ count }");
});

afterAll(() => cluster[Symbol.asyncDispose]());

describe("a subscription", () => {
	test("begins with the current state and goes on with every change, in order", async () => {
		const client = gateway.client();

		const heard = hear(client, "subscription { counted }");
		await until(() => heard.answers.length === 1, { what: "the current state" });
		const before = values(heard)[0] as number;
		for (let i = 0; i < 5; i++) await gateway.query("mutation { add(input: { by: 1 }) }");

		await until(() => heard.answers.length === 6, { what: "five changes" });
		expect(values(heard)).toEqual([0, 1, 2, 3, 4, 5].map((i) => before + i));
		heard.stop();
	});

	test("stays open while the schema changes, and sockets serve what is new", async () => {
		const client = gateway.client();
		const heard = hear(client, "subscription { counted }");
		await until(() => heard.answers.length === 1, { what: "the current state" });
		await gateway.query("mutation { add(input: { by: 1 }) }");

		const newcomer = {
			name: "newcomer",
			actions: { say: { graphql: { query: "newcomer: String" }, handler: () => "hi" } },
		};
		await cluster.node("n2", newcomer);
		await gateway.untilServed("{ newcomer }");
		await gateway.query("mutation { add(input: { by: 1 }) }");

		await until(() => heard.answers.length === 3, { what: "what happened after the change" });
		expect(heard.ended).toBe(false);
		expect(await ask(client, "{ newcomer }")).toEqual({ data: { newcomer: "hi" } });
		heard.stop();
	});

	test("is heard at each gateway, whichever was told", async () => {
		const second = await cluster.gateway(options);
		await second.untilServed("{ count }");
		const here = hear(gateway.client(), "subscription { counted }");
		const there = hear(second.client(), "subscription { counted }");
		await until(() => here.answers.length === 1 && there.answers.length === 1, { what: "both states" });

		await second.query("mutation { add(input: { by: 1 }) }");

		await until(() => here.answers.length === 2 && there.answers.length === 2, { what: "both to hear of it" });
		expect(values(here)).toEqual(values(there));
	});

	test("may be generated from tags, a filter and an action", async () => {
		const heard = hear(gateway.client(), "subscription { even }");
		await until(
			async () => {
				await gateway.query("mutation { add(input: { by: 1 }) }");
				return heard.answers.length >= 3;
			},
			{ what: "three even numbers" },
		);

		expect(values(heard).every((value) => (value as number) % 2 === 0)).toBe(true);
		heard.stop();
	});

	test("has a context that knows who asked, no deadline, and fresh DataLoaders for each event", async () => {
		const client = gateway.client("Bearer Ada");
		const named = hear(client, "subscription { named }");
		const patience = hear(client, "subscription { patience }");

		await until(
			async () => {
				await publish(gateway.broker, "named", {});
				return named.answers.length >= 2 && patience.answers.length >= 2;
			},
			{ what: "two events" },
		);

		expect(values(named).slice(0, 2)).toEqual(["Ada 1", "Ada 1"]);
		expect(values(patience)[1]).toBe("2000");
		named.stop();
		patience.stop();
	});

	test("may look for itself every so often, since a broadcast can get lost", async () => {
		const heard = hear(gateway.client(), "subscription { reminded }");

		await until(() => heard.answers.length >= 2, { what: "two reminders" });

		expect(values(heard).slice(0, 2)).toEqual([true, true]);
		heard.stop();
	});

	test("that is refused is told so, and hears nothing", async () => {
		const client = gateway.client();

		const answer = await ask(client, "subscription { refused }");

		expect(answer).toMatchObject({ errors: [{ message: "Not yours", extensions: { code: "NOT_FOUND" } }] });
	});

	test("that is stopped leaves nobody listening", async () => {
		const client = gateway.client();
		const heard = hear(client, "subscription { counted }");
		await until(() => heard.answers.length === 1, { what: "the current state" });

		heard.stop();

		await until(() => heard.ended, { what: "the end" });
		// The socket takes no more than three at a time: a fourth fits only if the others are really gone.
		for (let i = 0; i < 4; i++) {
			const next = hear(client, "subscription { counted }");
			await until(() => next.answers.length + Number(next.errors !== undefined), { what: `subscription ${i}` });
			expect(next.errors).toBeUndefined();
			next.stop();
		}
	});
});

describe("over a socket", () => {
	test("queries and mutations work as over HTTP", async () => {
		const client = gateway.client("Bearer Ada");

		expect(await ask(client, "{ whoami }")).toEqual({ data: { whoami: "Ada" } });
		expect(await ask(client, "mutation { add(input: { by: 0 }) }")).toEqual({ data: { add: expect.any(Number) } });
	});

	test.each([
		["an unknown field", "{ nothing }", "GRAPHQL_VALIDATION_FAILED"],
		["a syntax error", "{ count ", "GRAPHQL_VALIDATION_FAILED"],
		["introspection", '{ __type(name: "Query") { __typename } }', "GRAPHQL_VALIDATION_FAILED"],
		["two operations and no name", "query A { count } query B { count }", "GRAPHQL_VALIDATION_FAILED"],
		["a subscription to nothing", "subscription { counted @include(if: false) }", "GRAPHQL_VALIDATION_FAILED"],
		[
			"a subscription to nothing in a fragment",
			"subscription { ...F } fragment F on Subscription { counted @skip(if: true) }",
			"GRAPHQL_VALIDATION_FAILED",
		],
		["too many aliases", `{ ${"a: count ".repeat(31)} }`, "QUERY_TOO_COMPLEX"],
		["a missing variable", "query ($k: Int!) { big(kilobytes: $k) }", "BAD_USER_INPUT"],
	])("%s is answered as over HTTP", async (_what, query, code) => {
		expect(await ask(gateway.client(), query)).toMatchObject({ errors: [{ extensions: { code } }] });
	});

	test("more operations at a time than allowed are refused, and the socket lives on", async () => {
		const client = gateway.client();
		const three = [1, 2, 3].map(() => hear(client, "subscription { counted }"));
		await until(() => three.every(({ answers }) => answers.length === 1), { what: "three subscriptions" });

		const fourth = await ask(client, "{ count }");
		three[0]!.stop();

		expect(fourth).toMatchObject({ errors: [{ extensions: { code: "RATE_LIMITED" } }] });
		await until(async () => "data" in (await ask(client, "{ count }")), { what: "room for another" });
	});
});
