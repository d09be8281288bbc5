import { readSettings } from "./settings";

test.each([
	["DATABASE_URL", "postgres://ada:50%25@db/my%20shop", "postgres://ada:50%25@db/my%20shop"],
	["DATABASE_URL", "postgres://ada:50%@db/my shop", "postgres://ada:50%25@db/my shop"],
	["AMQP_URL", "amqp://ada:100%!@mq/shop", "amqp://ada:100%25!@mq/shop"],
])("a percent sign that nobody has escaped stands for itself: %s=%s", (variable, value, read) => {
	const { databaseUrl, amqpUrl } = readSettings({ [variable]: value });

	expect(variable === "AMQP_URL" ? amqpUrl : databaseUrl).toBe(read);
});

test.each([
	["DATABASE_URL", "postgres://ada:s3cr3t@db/gesch%E4ft"],
	["ORDERS_DATABASE_URL", "postgres://ada:s3cr3t%FF@db/shop"],
	["AMQP_URL", "amqp://k%FCrbis:s3cr3t@mq/shop"],
	["REDIS_URL", "redis://:s3cr3t%FC@cache"],
])("what is escaped and is no UTF-8 is refused, without repeating it: %s=%s", (variable, value) => {
	expect(() => readSettings({ [variable]: value })).toThrow(
		`${variable} has a name or a password with a percent sign that is no UTF-8 (write % as %25).`,
	);
});
