import os from "node:os";
import path from "node:path";
import { SettingsError } from "./environment";
import { readSettings, SERVICE_NAMES } from "./settings";
import { mailVariables } from "./testing/mail-variables";
import type { Variable } from "./testing/variable";

const SECRET = "Zm9ydHktdHdvIGlzIHRoZSBhbnN3ZXIgdG8gaXQgYWxs";
const DATABASE_URL = "postgres://shop:s3cr3t@db.internal:5432/shop";

const NO_POSTGRES_URL = "is no URL that starts with postgres:// or postgresql:// and names a host.";
const NO_PORT = "must be from 0 to 65535.";

const serviceDatabases: Variable[] = (["users", "products", "cart", "orders", "payments"] as const).map((service) => ({
	name: `${service.toUpperCase()}_DATABASE_URL`,
	read: ({ databaseUrlOf }) => databaseUrlOf[service],
	default: undefined,
	good: [[DATABASE_URL, DATABASE_URL]],
	bad: [["mysql://root:s3cr3t@db/shop", `${service.toUpperCase()}_DATABASE_URL ${NO_POSTGRES_URL}`]],
}));

const secrets: Variable[] = (["JWT_SECRET", "JWT_OTHER_SECRET"] as const).map((name) => ({
	name,
	read: (settings) => (name === "JWT_SECRET" ? settings.jwtSecret : settings.jwtOtherSecret),
	default: undefined,
	good: [[SECRET, SECRET]],
	bad: [["s3cr3t", `${name} has 6 bytes, and needs at least 32.`]],
}));

/** For how many seconds or days something is kept. */
const times: Variable[] = (
	[
		["KEEP_ALIVE_S", ({ http }) => http.keepAliveS, 75, 3_600],
		["RESERVATION_TTL_S", ({ reservationTtlS }) => reservationTtlS, 900, 86_400],
		["EVENT_HISTORY_DAYS", ({ eventHistoryDays }) => eventHistoryDays, 14, 365],
		["SAGA_HISTORY_DAYS", ({ sagaHistoryDays }) => sagaHistoryDays, 90, 3_650],
		["DISCARD_HISTORY_DAYS", ({ discardHistoryDays }) => discardHistoryDays, 365, 3_650],
		["IDEMPOTENCY_KEY_DAYS", ({ idempotencyKeyDays }) => idempotencyKeyDays, 30, 3_650],
		["GUEST_CART_DAYS", ({ guestCartDays }) => guestCartDays, 90, 3_650],
	] satisfies [string, Variable["read"], number, number][]
).map(([name, read, time, most]) => ({
	name,
	read,
	default: time,
	good: [["7", 7]],
	bad: [
		["0", `${name} is 0, but must be from 1 to ${most}.`],
		["7s", `${name} is "7s", but must be a whole number.`],
	],
}));

const variables: Variable[] = [
	{
		name: "PORT",
		read: ({ http }) => http.port,
		default: 3000,
		good: [
			["0", 0],
			["65535", 65_535],
			[" 8080 ", 8_080],
		],
		bad: [
			["65536", `PORT is 65536, but ${NO_PORT}`],
			["-1", 'PORT is "-1", but must be a whole number.'],
			["http", 'PORT is "http", but must be a whole number.'],
			["80.5", 'PORT is "80.5", but must be a whole number.'],
		],
	},
	{ name: "HOST", read: ({ http }) => http.host, default: "127.0.0.1", good: [["0.0.0.0", "0.0.0.0"]] },
	...mailVariables,
	{
		name: "SERVICES",
		read: ({ services }) => services,
		default: [...SERVICE_NAMES],
		good: [
			["orders", ["orders"]],
			["payments, cart,", ["cart", "payments"]],
			["orders,orders", ["orders"]],
		],
		bad: [
			[
				"orders,stock",
				'SERVICES names "stock", but the services are gateway, users, products, cart, orders, payments.',
			],
		],
	},
	{ name: "NAMESPACE", read: ({ namespace }) => namespace, default: "", good: [["blue", "blue"]] },
	{
		name: "NODE_ID",
		read: ({ nodeId }) => nodeId,
		default: expect.stringMatching(new RegExp(`^${os.hostname().toLowerCase()}-${process.pid}-[0-9a-f]{8}$`)),
		good: [["orders-1", "orders-1"]],
	},
	{
		name: "DATABASE_URL",
		read: ({ databaseUrl }) => databaseUrl,
		default: undefined,
		good: [
			[DATABASE_URL, DATABASE_URL],
			["postgresql://[::1]/shop", "postgresql://[::1]/shop"],
			["postgres://shop@%2Frun%2Fpostgresql/shop", "postgres://shop@%2Frun%2Fpostgresql/shop"],
		],
		bad: [
			["db.internal:5432", `DATABASE_URL ${NO_POSTGRES_URL}`],
			["mysql://root:s3cr3t@db/shop", `DATABASE_URL ${NO_POSTGRES_URL}`],
			[
				"postgres://shop:s3cr3t@%FF/shop",
				"DATABASE_URL has a name or a password with a percent sign that is no UTF-8 (write % as %25).",
			],
			["postgres:///shop", `DATABASE_URL ${NO_POSTGRES_URL}`],
		],
	},
	...serviceDatabases,
	{
		name: "AMQP_URL",
		read: ({ amqpUrl }) => amqpUrl,
		default: undefined,
		good: [
			["amqp://shop:s3cr3t@mq", "amqp://shop:s3cr3t@mq"],
			["amqps://mq:5671/shop", "amqps://mq:5671/shop"],
			["amqp://shop:s3%2Fcr3t@häse/shop", "amqp://shop:s3%2Fcr3t@xn--hse-qla/shop"],
		],
		bad: [["http://guest:s3cr3t@mq", "AMQP_URL is no URL that starts with amqp:// or amqps:// and names a host."]],
	},
	{
		name: "REDIS_URL",
		read: ({ redisUrl }) => redisUrl,
		default: undefined,
		good: [["redis://:s3cr3t@cache/2", "redis://:s3cr3t@cache/2"]],
		bad: [["cache:s3cr3t@6379", "REDIS_URL is no URL that starts with redis:// or rediss:// and names a host."]],
	},
	{
		name: "DATA_DIR",
		read: ({ dataDir }) => dataDir,
		default: path.resolve(".data"),
		good: [
			["/var/lib/shop", "/var/lib/shop"],
			["data", path.resolve("data")],
		],
	},
	{
		name: "NODE_ENV",
		read: ({ production }) => production,
		default: false,
		good: [
			["development", false],
			["test", false],
			["production", true],
		],
		bad: [["prod", 'NODE_ENV is "prod", but must be one of development, production, test.']],
		beside: { JWT_SECRET: SECRET, DATABASE_URL },
	},
	...secrets,
	{
		name: "ADMIN_EMAIL",
		read: ({ admin }) => admin?.email,
		default: undefined,
		good: [
			["\u00a0ada@shop.example\u200b", "ada@shop.example"],
			["admin@10.0.0.5", "admin@10.0.0.5"],
			["admin@my_shop.example", "admin@my_shop.example"],
			["root@node.k8s1", "root@node.k8s1"],
		],
		bad: [["ada", 'ADMIN_EMAIL is "ada", which is no e-mail address.']],
		beside: { ADMIN_PASSWORD: "correct horse" },
	},
	{
		name: "ADMIN_PASSWORD",
		read: ({ admin }) => admin?.password,
		default: undefined,
		good: [["correct horse", "correct horse"]],
		bad: [["s3cr3t", "ADMIN_PASSWORD is shorter than 8 characters."]],
		beside: { ADMIN_EMAIL: "ada@shop.example" },
	},
	{
		name: "SEED",
		read: ({ seed }) => seed,
		default: "demo",
		good: [["none", "none"]],
		bad: [["yes", 'SEED is "yes", but must be one of demo, none.']],
	},
	{
		name: "CURRENCY",
		read: ({ currency }) => currency,
		default: "USD",
		good: [["EUR", "EUR"]],
		bad: [
			["euro", 'CURRENCY is "euro", which is no ISO 4217 code such as USD or EUR.'],
			["eur", 'CURRENCY is "eur", which is no ISO 4217 code such as USD or EUR.'],
		],
	},
	{
		name: "TRUST_PROXY",
		read: ({ http }) => http.trustedProxies,
		default: [],
		good: [
			["10.0.0.0/8, ::1", ["10.0.0.0/8", "::1"]],
			["loopback", ["loopback"]],
		],
		bad: ["proxy.internal", "true", "10.0.0.0/33", "0.0.0.0/0", "10.0.0.0/8/8", "10.0.0.0/x"].map((text) => [
			text,
			`TRUST_PROXY has "${text}", which is no IP address, no network such as 10.0.0.0/8, and none of loopback, linklocal, uniquelocal.`,
		]),
	},
	{
		name: "CORS_ORIGINS",
		read: ({ http }) => http.corsOrigins,
		default: [],
		good: [["https://a.example, http://localhost:8080", ["https://a.example", "http://localhost:8080"]]],
		bad: [
			["*", 'CORS_ORIGINS has "*", which is no origin such as https://shop.example.'],
			["https://a.example/", 'CORS_ORIGINS has "https://a.example/", which is no origin such as https://shop.example.'],
			[
				"https://*.shop.example",
				'CORS_ORIGINS has "https://*.shop.example", which is no origin such as https://shop.example.',
			],
			["null", 'CORS_ORIGINS has "null", which is no origin such as https://shop.example.'],
			[
				"https://ada:s3cr3t@a.example",
				'CORS_ORIGINS has "https://…@a.example", which is no origin such as https://shop.example.',
			],
		],
	},
	{
		name: "METRICS_PORT",
		read: ({ metricsPort }) => metricsPort,
		default: undefined,
		good: [["9090", 9_090]],
		bad: [["65536", `METRICS_PORT is 65536, but ${NO_PORT}`]],
	},
	{
		name: "LOG_LEVEL",
		read: ({ logLevel }) => logLevel,
		default: "info",
		good: [["debug", "debug"]],
		bad: [["loud", 'LOG_LEVEL is "loud", but must be one of fatal, error, warn, info, debug, trace.']],
	},
	{
		name: "RATE_LIMIT_FACTOR",
		read: ({ rateLimitFactor }) => rateLimitFactor,
		default: 1,
		good: [
			["0", 0],
			["0.5", 0.5],
		],
		bad: [
			["-1", 'RATE_LIMIT_FACTOR is "-1", but must be a number.'],
			["1e3", 'RATE_LIMIT_FACTOR is "1e3", but must be a number.'],
			["1000001", "RATE_LIMIT_FACTOR is 1000001, but must be from 0 to 1000000."],
		],
	},
	{
		name: "BCRYPT_COST",
		read: ({ bcryptCost }) => bcryptCost,
		default: 12,
		good: [["4", 4]],
		bad: [
			["3", "BCRYPT_COST is 3, but must be from 4 to 15."],
			["31", "BCRYPT_COST is 31, but must be from 4 to 15."],
		],
	},
	...times,
];

describe.each(variables)("$name", ({ name, read, default: fallback, good, bad = [], beside = {} }) => {
	test("has its default when it is not set, empty or blank", () => {
		for (const env of [{}, { [name]: "" }, { [name]: "  " }]) expect(read(readSettings(env))).toEqual(fallback);
	});

	test.each(good)("takes %p", (text, value) => {
		expect(read(readSettings({ ...beside, [name]: text }))).toEqual(value);
	});

	// The others take any text.
	if (bad.length === 0) return;
	test.each(bad)("refuses %p with a sentence that names it and gives nothing away", (text, sentence) => {
		const reading = () => readSettings({ ...beside, [name]: text });

		expect(reading).toThrow(SettingsError);
		expect(reading).toThrow(new Error(sentence));
		expect(sentence).not.toContain("s3cr3t");
	});
});

test("there is a row above for every variable that is read", () => {
	const asked = new Set<string>();
	readSettings(new Proxy({}, { get: (_, name) => void asked.add(String(name)) }));

	expect(new Set(variables.map(({ name }) => name))).toEqual(asked);
});
