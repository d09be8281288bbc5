import { once } from "node:events";
import jwt from "jsonwebtoken";
import { WebSocket, type ClientOptions } from "ws";
import { openShop, type Shop } from "../support/shop";
import type { Account, PlacedOrder } from "../support/shop-types";
import { until } from "../support/until";

const SECRET = "c2l4dHktdHdvIGlzIG5vdCB0aGUgYW5zd2VyIHRvIGl0IGFsbA";
const FOLLOW = "subscription ($id: ID!) { orderUpdated(orderId: $id) { status } }";

interface Refusal {
	extensions: { code: string };
}

interface Message {
	type: string;
	id?: string;
	payload?: Refusal[] | { data?: unknown; errors?: Refusal[] };
}

/** A socket of the protocol with nothing of a client's good manners. */
interface RawSocket {
	socket: WebSocket;
	heard: Message[];
	/** What it was closed with, once it was. */
	code?: number;
	say(message: object | string): void;
	closes(): Promise<number>;
}

describe.each(["test", "production"])("bad WebSockets, with NODE_ENV=%s", (environment) => {
	let shop: Shop;
	let ada: Account;
	let eve: Account;
	let order: PlacedOrder;
	let silent: RawSocket;

	beforeAll(async () => {
		const strict: Record<string, string> =
			environment === "production" ? { NODE_ENV: "production", BCRYPT_COST: "10" } : {};
		shop = await openShop({
			events: "postgres",
			settings: { JWT_SECRET: SECRET, CORS_ORIGINS: "https://friend.example", ...strict },
		});
		silent = await open();
		[ada, eve] = [await shop.given.customer(), await shop.given.customer()];
		order = await shop.when.checksOut(ada, [{ product: await shop.given.product(), quantity: 1 }]);
		await shop.until(order).is("CONFIRMED", { paymentStatus: "CAPTURED" });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const address = () => `${shop.node().url!.replace("http", "ws")}/graphql`;

	async function open(): Promise<RawSocket> {
		const socket = new WebSocket(address(), "graphql-transport-ws");
		const raw: RawSocket = {
			socket,
			heard: [],
			say: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
			closes: () => until(() => raw.code, { what: "the socket to be closed" }),
		};
		socket.on("message", (data: Buffer) => void raw.heard.push(JSON.parse(data.toString()) as Message));
		socket.on("close", (code) => (raw.code = code));
		socket.on("error", () => undefined);
		await once(socket, "open");
		return raw;
	}

	async function signedIn(token?: string): Promise<RawSocket> {
		const raw = await open();
		raw.say({ type: "connection_init", ...(token && { payload: { authorization: `Bearer ${token}` } }) });
		await until(() => raw.heard.length > 0, { what: "the acknowledgement" });
		return raw;
	}

	/** The status of the answer to a handshake. */
	async function handshake(options: ClientOptions): Promise<{ status: number; socket: WebSocket }> {
		const socket = new WebSocket(address(), "graphql-transport-ws", options);
		return new Promise((resolve, reject) => {
			socket.on("open", () => resolve({ status: 101, socket }));
			socket.on("unexpected-response", (request, { statusCode }) => {
				request.destroy();
				resolve({ status: statusCode!, socket });
			});
			socket.on("error", reject);
		});
	}

	const follow = (id: string, orderId = order.id) => ({
		id,
		type: "subscribe",
		payload: { query: FOLLOW, variables: { id: orderId } },
	});
	/** As the protocol has it: what is refused before it runs is an error, what its resolver refuses an answer without data. */
	const codeOf = (raw: RawSocket, id: string) =>
		until(
			() => {
				const { payload } = raw.heard.find((message) => message.id === id) ?? {};
				return (Array.isArray(payload) ? payload : payload?.errors)?.[0]?.extensions.code;
			},
			{ what: "a refusal" },
		);
	const told = ({ heard }: RawSocket) =>
		heard.filter(({ payload }) => payload && !Array.isArray(payload) && payload.data);

	test("who says nothing is closed after three seconds", async () => {
		expect(await silent.closes()).toBe(4408);
	});

	test("who subscribes before the acknowledgement is closed", async () => {
		const raw = await open();

		raw.say(follow("1"));

		expect(await raw.closes()).toBe(4401);
		expect(raw.heard).toEqual([]);
	});

	test.each([
		["made up", () => "x.y.z"],
		["a refresh token", () => ada.refreshToken],
		["signed by somebody else", () => jwt.sign(jwt.decode(ada.token) as object, `${SECRET}!`)],
		["over", () => jwt.sign({ ...(jwt.decode(ada.token) as object), exp: 1 }, SECRET)],
	])("a token that is %s closes the socket", async (_what, token) => {
		const raw = await open();

		raw.say({ type: "connection_init", payload: { authorization: `Bearer ${token()}` } });

		expect(await raw.closes()).toBe(4403);
	});

	test.each<[string, (raw: RawSocket) => void, number]>([
		["a second init", (raw) => raw.say({ type: "connection_init" }), 4429],
		["an id that is taken", (raw) => [1, 2].forEach(() => raw.say(follow("1"))), 4409],
		["garbage", (raw) => raw.say("\u0000garbage{"), 4400],
		["bytes", (raw) => raw.socket.send(Buffer.from([0xff, 0xfe, 0x00])), 4400],
		["an unknown type", (raw) => raw.say({ type: "start", id: "1", payload: { query: "{ me { id } }" } }), 4400],
		["a query that is a number", (raw) => raw.say({ type: "subscribe", id: "1", payload: { query: 7 } }), 4400],
		["10,000 levels of JSON", (raw) => raw.say("[".repeat(10_000)), 4400],
		["a frame of 65 kB", (raw) => raw.say("x".repeat(65_000)), 1009],
	])("%s closes the socket", async (_what, misbehave, code) => {
		const raw = await signedIn(ada.token);

		misbehave(raw);

		expect(await raw.closes()).toBe(code);
	});

	test("a page of a foreign origin is refused, one that is allowed and the shop's own are not", async () => {
		const statuses: Record<string, number> = {};
		for (const origin of ["https://evil.example", "null", "https://friend.example", shop.node().url!]) {
			const { status, socket } = await handshake({ origin });
			statuses[origin] = status;
			socket.terminate();
		}

		expect(statuses).toEqual({
			"https://evil.example": 403,
			null: 403,
			"https://friend.example": 101,
			[shop.node().url!]: 101,
		});
	});

	test("the fifty-first operation on a socket is refused, and the others go on", async () => {
		const raw = await signedIn(ada.token);

		for (let index = 1; index <= 51; index++) raw.say(follow(`f${index}`));

		expect(await codeOf(raw, "f51")).toBe("RATE_LIMITED");
		await until(() => told(raw).length === 50, { what: "fifty states" });
		expect(raw.code).toBeUndefined();
		raw.socket.terminate();
	});

	test("the hundred and first socket of an address is refused, and there is room when one goes", async () => {
		const others: WebSocket[] = [];
		for (;;) {
			const { status, socket } = await handshake({});
			if (status !== 101) {
				expect(status).toBe(429);
				break;
			}
			// Or the first would be closed for their silence before the last are there.
			socket.send(JSON.stringify({ type: "connection_init" }));
			others.push(socket);
			expect(others.length).toBeLessThanOrEqual(100);
		}
		expect(others.length).toBeGreaterThan(90);

		for (const socket of others) socket.terminate();

		await until(
			async () => {
				const { status, socket } = await handshake({});
				socket.terminate();
				return status === 101;
			},
			{ what: "room" },
		);
	});

	test("someone else's order is an error and never an event, also for a guest and for what is no order", async () => {
		const [stranger, guest] = [await signedIn(eve.token), await signedIn()];

		stranger.say(follow("1"));
		stranger.say(follow("2", "7"));
		stranger.say(follow("3", "00000000-0000-4000-8000-000000000000"));
		guest.say(follow("4"));

		expect(await codeOf(stranger, "1")).toBe("NOT_FOUND");
		expect(await codeOf(stranger, "2")).toBe("BAD_USER_INPUT");
		expect(await codeOf(stranger, "3")).toBe("NOT_FOUND");
		expect(await codeOf(guest, "4")).toBe("UNAUTHENTICATED");
		expect([stranger, guest].flatMap(told)).toEqual([]);
		stranger.socket.terminate();
		guest.socket.terminate();
	});

	test("a token that expires in mid-stream ends the socket, and what happens later is not told", async () => {
		const { iat: _, ...claims } = jwt.decode(ada.token) as Record<string, unknown>;
		const raw = await signedIn(jwt.sign({ ...claims, exp: Math.floor(Date.now() / 1_000) + 4 }, SECRET));
		raw.say(follow("1"));
		await until(() => told(raw).length === 1, { what: "the current state" });

		expect(await raw.closes()).toBe(4403);
		await shop.when.ships(order);

		expect(JSON.stringify(raw.heard)).not.toContain("SHIPPED");
	});

	test("none of it has harmed the shop", async () => {
		expect(await shop.look(order)).toMatchObject({ status: "SHIPPED" });
		expect((await fetch(`${shop.node().url!}/health/ready`)).status).toBe(200);
	});
});
