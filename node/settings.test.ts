import { databaseUrlOf, readSettings } from "./settings";

const SECRET = "Zm9ydHktdHdvIGlzIHRoZSBhbnN3ZXIgdG8gaXQgYWxs";
const DATABASE_URL = "postgres://shop:s3cr3t@db.internal:5432/shop";

test("a service's own database comes before the one for all", () => {
	const settings = readSettings({ DATABASE_URL, CART_DATABASE_URL: "postgres://cart/cart" });

	expect(databaseUrlOf(settings, "cart")).toBe("postgres://cart/cart");
	expect(databaseUrlOf(settings, "orders")).toBe(DATABASE_URL);
});

test("the demo catalogue is for the embedded database, unless it is asked for", () => {
	expect(readSettings({ DATABASE_URL }).seed).toBe("none");
	expect(readSettings({ DATABASE_URL, SEED: "demo" }).seed).toBe("demo");
});

test.each([
	[{ ADMIN_EMAIL: "ada@shop.example" }, "ADMIN_PASSWORD is missing, although ADMIN_EMAIL is set."],
	[{ ADMIN_PASSWORD: "correct horse" }, "ADMIN_EMAIL is missing, although ADMIN_PASSWORD is set."],
])("half an administrator is refused: %p", (env, sentence) => {
	expect(() => readSettings(env)).toThrow(new Error(sentence));
});

test("a mail server needs somebody whom mail is from", () => {
	expect(() => readSettings({ SMTP_URL: "smtp://ada:s3cr3t@mail.example" })).toThrow(
		new Error("MAIL_FROM is missing, although SMTP_URL is set."),
	);
	expect(readSettings({ MAIL_FROM: "shop@shop.example" }).mail).toBeUndefined();
});

test.each<[Record<string, string>, string]>([
	[{}, "http://127.0.0.1:3000"],
	[{ HOST: "shop.internal", PORT: "80" }, "http://shop.internal"],
	[{ HOST: "::1" }, "http://[::1]:3000"],
	...["0.0.0.0", "0", "::", "0::0", "::ffff:0.0.0.0"].map((HOST): [Record<string, string>, string] => [
		{ HOST },
		"http://localhost:3000",
	]),
	[{ HOST: "0.0.0.0", PUBLIC_URL: "https://shop.example" }, "https://shop.example"],
])("links lead to where a person finds the shop: with %j to %s", (env, publicUrl) => {
	expect(readSettings(env).publicUrl).toBe(publicUrl);
});

test("a port that is chosen at the start is not known before", () => {
	expect(readSettings({ PORT: "0" }).publicUrl).toBeUndefined();
});

describe("production", () => {
	const safe = { NODE_ENV: "production", JWT_SECRET: SECRET, DATABASE_URL };

	test("starts with a secret, a database and the default cost", () => {
		expect(readSettings(safe)).toMatchObject({ production: true, bcryptCost: 12, seed: "none" });
	});

	test("does not guess where people find it", () => {
		for (const HOST of ["0.0.0.0", "::", "shop.internal"]) {
			expect(readSettings({ ...safe, HOST }).publicUrl).toBeUndefined();
		}
		expect(readSettings({ ...safe, PUBLIC_URL: "https://shop.example/" }).publicUrl).toBe("https://shop.example");
	});

	test("a node that only hosts the gateway needs no database where there is RabbitMQ", () => {
		const gateway = { ...safe, DATABASE_URL: "", AMQP_URL: "amqp://mq", SERVICES: "gateway" };

		expect(readSettings(gateway).databaseUrl).toBeUndefined();
	});

	test("a service with a database of its own needs no other where there is RabbitMQ", () => {
		const cart = {
			...safe,
			DATABASE_URL: "",
			AMQP_URL: "amqp://mq",
			SERVICES: "cart",
			CART_DATABASE_URL: DATABASE_URL,
		};

		expect(databaseUrlOf(readSettings(cart), "cart")).toBe(DATABASE_URL);
	});

	const MISSING_SECRET =
		"JWT_SECRET is missing, and production does not start without one (try: openssl rand -base64 48).";
	const KNOWN_SECRET =
		"JWT_SECRET is a known default, and production does not start with one (try: openssl rand -base64 48).";
	const EMBEDDED = "DATABASE_URL is missing, and production does not run on the embedded database.";

	test.each<[string, Record<string, string>, string]>([
		["without a secret", { JWT_SECRET: "" }, MISSING_SECRET],
		["with a short secret", { JWT_SECRET: "x".repeat(31) }, "JWT_SECRET has 31 bytes, and needs at least 32."],
		["with one character over and over", { JWT_SECRET: "x".repeat(40) }, KNOWN_SECRET],
		["with a tutorial's secret", { JWT_SECRET: "your-256-bit-secret-your-secret-key-here" }, KNOWN_SECRET],
		["with a placeholder", { JWT_SECRET: "please-change-me-please-change-me-please" }, KNOWN_SECRET],
		["with our own name", { JWT_SECRET: "molecart-molecart-molecart-molecart-1" }, KNOWN_SECRET],
		["without a database", { DATABASE_URL: "" }, EMBEDDED],
		[
			"with a database for some services only",
			{ DATABASE_URL: "", AMQP_URL: "amqp://mq", CART_DATABASE_URL: DATABASE_URL },
			EMBEDDED,
		],
		["with cheap password hashes", { BCRYPT_COST: "9" }, "BCRYPT_COST is 9; in production the least is 10."],
	])("does not start %s", (_name, env, sentence) => {
		expect(() => readSettings({ ...safe, ...env })).toThrow(new Error(sentence));
	});

	test("never tells the secret that it refuses", () => {
		const secret = "change-me-1b4f0e9851971998e732078544c96b36";

		expect(() => readSettings({ ...safe, JWT_SECRET: secret })).toThrow(
			expect.objectContaining({ message: expect.not.stringContaining("1b4f0e98") }),
		);
	});
});

test("a HOST that is no address is refused by its name", () => {
	expect(() => readSettings({ HOST: "999.1.1.1" })).toThrow(
		'HOST is "999.1.1.1", but must be a name or an IP address.',
	);
});
