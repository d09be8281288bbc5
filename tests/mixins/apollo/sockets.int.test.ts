import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Client } from "graphql-ws";
import { Errors, type Context, type ServiceSchema } from "moleculer";
import type { WebSocket } from "ws";
import type { SocketContext } from "../../../mixins/apollo/context";
import type { ApolloOptions } from "../../../mixins/apollo/options";
import { publish } from "../../../mixins/apollo/pubsub";
import { until } from "../../support/until";
import { openCluster, type Cluster, type Gateway } from "./cluster";

/** A counter that other services read and that tells when it has changed. */
function counter(): ServiceSchema {
	let value = 0;
	return {
		name: "counter",
		actions: {
			get: { graphql: { query: "count: Int!" }, handler: () => value },
			add: {
				graphql: { mutation: "add(input: Step!): Int!", input: "input Step { by: Int! }" },
				params: { by: "number" },
				async handler(ctx: Context<{ by: number }>) {
					value += ctx.params.by;
					await publish(ctx, "counted", { value });
					return value;
				},
			},
			mine: { handler: (ctx: Context<unknown, { name?: string }>) => ctx.meta.name ?? "nobody" },
			/** The generated kind of subscription: tags, a filter, and an action that makes the answer. */
			even: {
				graphql: { subscription: "even: Int!", tags: ["counted"], filter: "counter.isEven" },
				handler: (ctx: Context<{ payload: { value: number } }>) => ctx.params.payload.value,
			},
			isEven: (ctx: Context<{ payload: { value: number } }>) => ctx.params.payload.value % 2 === 0,
			patience: { handler: (ctx: Context) => String(ctx.options.timeout) },
		},
	};
}

const baseSchema = `
	type Query { count: Int! whoami: String big(kilobytes: Int!): String! }
	type Subscription { counted: Int! refused: Int! reminded: Boolean! named: String! patience: String! even: Int! }
`;

interface Counted {
	value: number;
}

const resolvers: ApolloOptions["resolvers"] = {
	Query: {
		whoami: (_parent, _args, { ctx }: SocketContext) => ctx.call("counter.mine"),
		big: (_parent, { kilobytes }: { kilobytes: number }) => "x".repeat(kilobytes * 1_000),
	},
	Subscription: {
		counted: {
			async *subscribe(_parent: unknown, _args: unknown, { ctx, events }: SocketContext) {
				const later = events<Counted>("counted");
				yield { counted: await ctx.call<number>("counter.get") };
				for await (const { value } of later) yield { counted: value };
			},
		},
		refused: {
			subscribe() {
				throw new Errors.MoleculerClientError("Not yours", 404, "NOT_FOUND");
			},
		},
		reminded: {
			subscribe: (_parent: unknown, _args: unknown, { events }: SocketContext) => events("never", { remindMs: 20 }),
			resolve: (payload: unknown) => payload === undefined,
		},
		named: {
			subscribe: (_parent: unknown, _args: unknown, { events }: SocketContext) => events("named"),
			resolve: (_payload: unknown, _args: unknown, { ctx, dataLoaders }: SocketContext) => {
				dataLoaders.set(`event ${dataLoaders.size}`, {});
				return ctx.call<string>("counter.mine").then((name) => `${name} ${dataLoaders.size}`);
			},
		},
		patience: {
			subscribe: (_parent: unknown, _args: unknown, { events }: SocketContext) => events("named"),
			resolve: (_payload: unknown, _args: unknown, { ctx }: SocketContext) => ctx.call<string>("counter.patience"),
		},
	},
};

async function authenticate(_ctx: Context, authorization: string | undefined) {
	if (authorization === "Bearer bad") throw new Errors.MoleculerClientError("Who?", 401, "UNAUTHENTICATED");
	if (authorization === "Bearer late") throw new Errors.ServiceNotFoundError({ action: "users.verify" });
	return { name: authorization?.slice(7) };
}

const options: Partial<ApolloOptions> = {
	baseSchema,
	resolvers,
	authenticate,
	subscriptions: { connectionInitWaitMs: 200, maxPerSocket: 3, keepAliveMs: 200 },
};

let cluster: Cluster;
let gateway: Gateway;

beforeAll(async () => {
	cluster = openCluster();
	await cluster.node("n1", counter());
	gateway = await cluster.gateway(options);
	await gateway.untilServed("{ count }");
});

afterAll(() => cluster[Symbol.asyncDispose]());

interface Heard {
	answers: Record<string, unknown>[];
	errors: unknown;
	ended: boolean;
	stop(): void;
}

/** What a subscription has heard so far. */
function hear(client: Client, query: string): Heard {
	const heard: Heard = { answers: [], errors: undefined, ended: false, stop: () => {} };
	heard.stop = client.subscribe(
		{ query },
		{
			next: (answer) => heard.answers.push(JSON.parse(JSON.stringify(answer)) as Record<string, unknown>),
			error: (error) => (heard.errors = error),
			complete: () => (heard.ended = true),
		},
	);
	return heard;
}

const values = (heard: Heard) => heard.answers.map(({ data }) => Object.values(data as object)[0] as unknown);

async function ask(client: Client, query: string): Promise<Record<string, unknown>> {
	const heard = hear(client, query);
	await until(() => heard.ended || heard.errors, { what: `an answer to ${query}` });
	return heard.answers[0] ?? { errors: heard.errors };
}

async function closed(socket: WebSocket): Promise<number> {
	socket.on("error", () => {});
	const [code] = (await once(socket, "close")) as [number];
	return code;
}

async function opened(socket: WebSocket): Promise<WebSocket> {
	await once(socket, "open");
	return socket;
}

const send = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message));

/** The status of the answer to a handshake. */
function handshake(of: Gateway, headers: Record<string, string> = {}): Promise<number> {
	const socket = of.socket("graphql-transport-ws", headers);
	return new Promise((resolve, reject) => {
		socket.on("open", () => resolve(101));
		socket.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode!));
		socket.on("error", reject);
	}).finally(() => socket.terminate()) as Promise<number>;
}

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

describe("who may connect", () => {
	test("nobody in particular may", async () => {
		expect(await ask(gateway.client(), "{ whoami }")).toEqual({ data: { whoami: "nobody" } });
	});

	test("a bad token closes the socket with 4403", async () => {
		const socket = await opened(gateway.socket());

		send(socket, { type: "connection_init", payload: { authorization: "Bearer bad" } });

		expect(await closed(socket)).toBe(4403);
	});

	test("a token that nobody can check right now closes it with 1013, to try again later", async () => {
		const socket = await opened(gateway.socket());

		send(socket, { type: "connection_init", payload: { authorization: "Bearer late" } });

		expect(await closed(socket)).toBe(1013);
	});

	test("a session that expires ends its socket", async () => {
		const own = await cluster.gateway({ ...options, expiresAt: () => Date.now() + 100 });
		const socket = await opened(own.socket());

		send(socket, { type: "connection_init" });

		expect(await closed(socket)).toBe(4403);
	});

	test("a session that was ended loses its sockets, and nobody else's", async () => {
		const ada = await opened(gateway.socket());
		const grace = gateway.client("Bearer Grace");
		send(ada, { type: "connection_init", payload: { authorization: "Bearer Ada2" } });
		await once(ada, "message");
		await ask(grace, "{ whoami }");

		const ended = gateway.service.endSockets(({ name }) => name === "Ada2");

		expect(ended).toBe(1);
		expect(await closed(ada)).toBe(4403);
		expect(await ask(grace, "{ whoami }")).toEqual({ data: { whoami: "Grace" } });
	});

	test("a page of another origin is refused with 403, the gateway's own is not", async () => {
		const own = new URL(gateway.url).origin;

		expect(await handshake(gateway, { origin: "https://elsewhere.example" })).toBe(403);
		expect(await handshake(gateway, { origin: "null" })).toBe(403);
		expect(await handshake(gateway, { origin: own })).toBe(101);
	});

	test("another path is refused with 404", async () => {
		expect(await rawUpgrade("/elsewhere")).toContain("HTTP/1.1 404 Not Found");
		expect(await rawUpgrade("//")).toContain("HTTP/1.1 404 Not Found");
	});

	test("one address gets only so many sockets, and one gateway too", async () => {
		const narrow = await cluster.gateway({ ...options, subscriptions: { maxSocketsPerAddress: 1 } });
		const full = await cluster.gateway({ ...options, subscriptions: { maxSockets: 1 } });

		const first = await opened(narrow.socket());
		await opened(full.socket());

		expect(await handshake(narrow)).toBe(429);
		expect(await handshake(full)).toBe(503);
		first.close();
		await closed(first);
		await until(async () => (await handshake(narrow)) === 101, { what: "the address to have room again" });
	});
});

async function rawUpgrade(path: string): Promise<string> {
	const raw = connect(Number(new URL(gateway.url).port), "127.0.0.1");
	raw.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
	const [answer] = (await once(raw, "data")) as [Buffer];
	raw.destroy();
	return answer.toString();
}

const initialised = async (at = gateway) => {
	const socket = await opened(at.socket());
	send(socket, { type: "connection_init" });
	await once(socket, "message");
	return socket;
};

describe("a client that doesn't keep to the protocol", () => {
	test("is closed with 4408 when it doesn't say who it is in time", async () => {
		expect(await closed(gateway.socket())).toBe(4408);
	});

	test("is closed with 4401 when it subscribes before that", async () => {
		const socket = await opened(gateway.socket());

		send(socket, { id: "1", type: "subscribe", payload: { query: "{ count }" } });

		expect(await closed(socket)).toBe(4401);
	});

	test("is closed with 4429 when it says so twice", async () => {
		const socket = await initialised();

		send(socket, { type: "connection_init" });

		expect(await closed(socket)).toBe(4429);
	});

	test("is closed with 4409 when it uses an id twice", async () => {
		const socket = await initialised();

		for (let i = 0; i < 2; i++)
			send(socket, { id: "1", type: "subscribe", payload: { query: "subscription { counted }" } });

		expect(await closed(socket)).toBe(4409);
	});

	test.each(["garbage", "[]", "{}", '{"type":7}', '{"type":"next","id":"1","payload":{"data":{}}}', "[[[["])(
		"is closed with 4400 when it says %j",
		async (text) => {
			const socket = await initialised();

			socket.send(text);

			expect(await closed(socket)).toBe(4400);
		},
	);

	test("is closed with 1009 when a message is too large", async () => {
		const socket = await initialised();

		socket.send("x".repeat(65_000));

		expect(await closed(socket)).toBe(1009);
	});

	test("is closed with 4406 when it doesn't name the protocol", async () => {
		expect(await closed(gateway.socket(""))).toBe(4406);
	});

	test("is ended when it answers no pings", async () => {
		const socket = await initialised();
		socket.pong = () => {};

		expect(await closed(socket)).toBe(1006);
	});

	test("is ended when it doesn't read what it asked for", async () => {
		const patient = await cluster.gateway({ ...options, subscriptions: { keepAliveMs: 60_000 } });
		const accepted = once(patient.service.server!, "connection") as Promise<[Socket]>;
		const socket = await initialised(patient);
		const [serverSide] = await accepted;

		(socket as unknown as { _socket: Socket })._socket.pause();
		const askOnce = (id: number) => {
			send(socket, { id: String(id), type: "subscribe", payload: { query: "{ big(kilobytes: 500) }" } });
			return until(() => serverSide.destroyed || serverSide.bytesRead > 0, { what: "the gateway to read on" });
		};
		for (let id = 0; id < 40; id++) await askOnce(id);

		expect(await until(() => serverSide.destroyed, { what: "the gateway to give up" })).toBe(true);
		expect(serverSide.bytesWritten).toBeLessThan(20_000_000);
		socket.terminate();
	});
});

describe("a gateway that stops", () => {
	test("closes its sockets with 1001 and is gone at once", async () => {
		const own = await cluster.gateway(options);
		const socket = await opened(own.socket());
		send(socket, { type: "connection_init" });
		await once(socket, "message");
		const gone = closed(socket);

		const before = performance.now();
		await own.broker.stop();

		expect(await gone).toBe(1001);
		expect(performance.now() - before).toBeLessThan(1_000);
	});

	test("lets queries end that were under way", async () => {
		const asked: ((text: string) => void)[] = [];
		const own = await cluster.gateway({
			...options,
			resolvers: { Query: { whoami: () => new Promise((resolve) => void asked.push(resolve)) } },
		});
		const answer = ask(own.client(), "{ whoami }");
		await until(() => asked.length === 1, { what: "the query to begin" });

		const stopped = own.broker.stop();
		await until(async () => (await handshake(own)) === 503, { what: "the gateway to take no more sockets" });
		asked[0]!("at last");

		expect(await answer).toEqual({ data: { whoami: "at last" } });
		await stopped;
	});
});
