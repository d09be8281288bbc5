import fs from "node:fs";
import path from "node:path";
import { buildSchema, type GraphQLField, type GraphQLObjectType } from "graphql";
import { createClient } from "graphql-ws";
import jwt from "jsonwebtoken";
import { WebSocket } from "ws";
import { currentSchema } from "../../node/schema";
import { REST_ROUTES } from "../../services/gateway/rest";
import { openShop, type Shop } from "../support/shop";
import { CALLERS, ROWS, type Belongings, type CallerName, type Row } from "./operations";
import { rawGraphQL, rawRequest } from "./raw-request";
import { REST_ROWS } from "./rest-operations";

/**
 * Every operation of the schema, by everyone, over each protocol. What the schema has and ROWS has not is a failure: a new
 * operation says first who may use it.
 */

const SECRET = "c2l4dHktdHdvIGlzIG5vdCB0aGUgYW5zd2VyIHRvIGl0IGFsbA";

const schema = buildSchema(currentSchema());
const roots = ["Query", "Mutation", "Subscription"] as const;
const fieldsOf = (type: string): GraphQLField<unknown, unknown>[] =>
	Object.values((schema.getType(type) as GraphQLObjectType).getFields());
const operations = roots.flatMap((root) => fieldsOf(root).map(({ name }) => `${root}.${name}`));

/** The document that asks for the operation with all of its arguments. */
function documentOf(operation: string, { select = "" }: Row): string {
	if (operation === "Product.stock") return "{ products { items { stock { onHand } } } }";
	const [root, name] = operation.split(".");
	const { args } = fieldsOf(root!).find((field) => field.name === name)!;
	const declared = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
	const passed = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
	const head = `${root!.toLowerCase()}${declared && `(${declared})`}`;
	return `${head} { ${name}${passed && `(${passed})`} ${select} }`;
}

test("every operation of the schema has a row, and every row an operation", () => {
	const rows = Object.keys(ROWS).filter((name) => roots.some((root) => name.startsWith(`${root}.`)));

	expect(rows.toSorted()).toEqual(operations.toSorted());
});

test("every REST route has a row, and every row a route", () => {
	expect(Object.keys(REST_ROWS).toSorted()).toEqual(
		REST_ROUTES.map(({ method, path }) => `${method} ${path}`).toSorted(),
	);
});

describe("who may do what", () => {
	let shop: Shop;
	let things: Belongings;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres", settings: { JWT_SECRET: SECRET } });
		const product = await shop.given.product({ stock: 1_000 });
		const [owner, another] = [await shop.given.customer(), await shop.given.customer()];
		const admin = await shop.given.admin();
		const order = await shop.when.checksOut(owner, [{ product, quantity: 1 }]);
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
		const cart = await shop.given.cart(owner, { product, quantity: 1 });
		things = { shop, owner, another, admin, product, cart, order };
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	test("the README shows as many actions and events of each service as there are", () => {
		const options = { withActions: true, withEvents: true };
		const list: unknown = shop.node().broker.registry.getServiceList(options);
		const here = (list as { name: string; actions: object; events: object }[]).map(({ name, actions, events }) => [
			name,
			[Object.keys(actions).length, Object.keys(events).length],
		]);

		const readme = fs.readFileSync(path.join(__dirname, "../../README.md"), "utf8");
		const rows = [...readme.matchAll(/^║ ([$\w]+) +│ +- │ +OK +│ +(\d+) │ +(\d+) │/gm)];
		const shown = rows.map(([, name, actions, events]) => [name, [Number(actions), Number(events)]]);

		expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(here));
	});

	const tokenOf = (caller: CallerName): string | undefined => (caller === "nobody" ? undefined : things[caller].token);
	/** Signed by the shop, and over since a second. */
	const expired = (): string => {
		const claims = jwt.decode(things.owner.token) as Record<string, unknown>;
		return jwt.sign({ ...claims, iat: 1, exp: Math.floor(Date.now() / 1_000) - 1 }, SECRET);
	};
	const badTokens = (): [string, string][] => [
		["an expired token", expired()],
		["a refresh token", things.owner.refreshToken],
	];

	const bearer = (token: string | undefined) => (token === undefined ? undefined : `Bearer ${token}`);

	async function overHttp(query: string, variables: object, authorization: string | undefined): Promise<string> {
		const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
		const { errors } = await rawGraphQL(shop.node().url!, query, variables, headers);
		return errors[0]?.extensions.code ?? "ok";
	}

	function overSocket(query: string, variables: object, authorization: string | undefined): Promise<string> {
		const client = createClient({
			url: `${shop.node().url!.replace("http", "ws")}/graphql`,
			webSocketImpl: WebSocket,
			retryAttempts: 0,
			connectionParams: authorization === undefined ? {} : { authorization },
		});
		return new Promise<string>((resolve) => {
			client.subscribe(
				{ query, variables: variables as Record<string, unknown> },
				{
					next: ({ errors }) => resolve((errors?.[0]?.extensions?.["code"] as string) ?? "ok"),
					error: (error) => {
						const [first] = Array.isArray(error) ? (error as { extensions: { code: string } }[]) : [];
						resolve(first?.extensions.code ?? `closed with ${(error as { code?: number }).code}`);
					},
					complete: () => resolve("ok"),
				},
			);
		}).finally(() => void client.dispose());
	}

	/** Some languages print a UUID so: over sockets and REST each id is asked for in capitals. */
	const shouted = <Asked extends object>(asked: Asked): Asked =>
		JSON.parse(JSON.stringify(asked), (name, value: unknown) =>
			typeof value === "string" && /id$/i.test(name) ? value.toUpperCase() : value,
		) as Asked;

	const protocols = { HTTP: overHttp, WebSocket: overSocket };

	describe.each(Object.keys(protocols) as (keyof typeof protocols)[])("over GraphQL on %s", (protocol) => {
		const ask = protocols[protocol];
		const written = protocol === "HTTP" ? <Asked extends object>(asked: Asked) => asked : shouted;
		const served = Object.entries(ROWS).filter(([name]) => protocol !== "HTTP" || !name.startsWith("Subscription."));

		test.each(served)("%s", async (operation, row) => {
			const query = documentOf(operation, row);
			const answers: Record<string, string> = {};

			for (const caller of CALLERS) {
				const variables = (await row.variables?.(things, caller)) ?? {};
				answers[caller] = await ask(query, written(variables), bearer(tokenOf(caller)));
			}
			const variables = (await row.variables?.(things, "another")) ?? {};
			for (const [name, token] of badTokens()) answers[name] = await ask(query, variables, bearer(token));

			const refused = protocol === "HTTP" ? "UNAUTHENTICATED" : "closed with 4403";
			expect(answers).toEqual({ ...row.expect, "an expired token": refused, "a refresh token": refused });
		});
	});

	test.each(["Basic YWRhOnB3", 'Digest username="ada"', "Negotiate YII="])(
		"what %s opens is another door: here it is nobody, who may look around",
		async (authorization) => {
			const look = "{ products { totalItems } }";
			const { id } = things.product;
			const read = (path: string) => rawRequest(shop.node().url!, `/api${path}`, { headers: { authorization } });

			expect(await overHttp(look, {}, authorization)).toBe("ok");
			expect(await overSocket(look, {}, authorization)).toBe("ok");
			expect((await read(`/products/${id}`)).status).toBe(200);
			expect(await overHttp("{ orders { totalItems } }", {}, authorization)).toBe("UNAUTHENTICATED");
			expect((await read("/orders")).error?.code).toBe("UNAUTHENTICATED");
		},
	);

	test("what administrators alone may see is not shown deep inside of something else either", async () => {
		const query = "query ($id: ID!) { cart(id: $id) { items { quantity product { name stock { onHand } } } } }";
		const headers = { authorization: `Bearer ${things.owner.token}` };

		const { data, errors } = await rawGraphQL(shop.node().url!, query, { id: things.cart.id }, headers);

		expect(errors[0]).toMatchObject({ extensions: { code: "FORBIDDEN" } });
		expect(JSON.stringify(data)).not.toContain("onHand");
	});

	describe("over REST", () => {
		test.each(Object.entries(REST_ROWS))("%s", async (route, row) => {
			const [method, path] = route.split(" ") as [string, string];
			const ask = async (caller: CallerName, token: string | undefined): Promise<string> => {
				const { id, body } = shouted(await row.request(things, caller));
				const answer = await rawRequest(shop.node().url!, `/api${path.replace(":id", id ?? "")}`, {
					method,
					headers: {
						"content-type": "application/json",
						"idempotency-key": `${Math.random()}`,
						...(token !== undefined && { authorization: `Bearer ${token}` }),
					},
					...(body && { body: JSON.stringify(body) }),
				});
				return answer.error?.code ?? (answer.status < 300 ? "ok" : `status ${answer.status}`);
			};
			const answers: Record<string, string> = {};

			for (const caller of CALLERS) answers[caller] = await ask(caller, tokenOf(caller));
			for (const [name, token] of badTokens()) answers[name] = await ask("another", token);

			expect(answers).toEqual({
				...row.expect,
				"an expired token": "UNAUTHENTICATED",
				"a refresh token": "UNAUTHENTICATED",
			});
		});
	});
});
