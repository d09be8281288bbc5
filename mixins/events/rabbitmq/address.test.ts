import { addressOf, connectionProblem, loginOf, withHeartbeat } from "./address";

test.each([
	["amqp://user:secret@broker.example:5673/shop", "broker.example:5673"],
	["amqp://broker.example", "broker.example:5672"],
	["amqps://broker.example/shop", "broker.example:5671"],
])("%s is shown as %s", (url, address) => {
	expect(addressOf(url)).toBe(address);
});

test.each([
	["amqp://k%C3%BCrbis:p%40ss%2Fw%25rd@broker/shop", "kürbis", "p@ss/w%rd"],
	["amqp://ada@broker/shop", "ada", ""],
	["amqp://broker/shop", "guest", "guest"],
])("%s signs in as %s", (url, user, password) => {
	expect(loginOf(url).credentials.response().toString()).toBe(`\0${user}\0${password}`);
});

test("a heartbeat is asked for, unless the URL has one", () => {
	expect(withHeartbeat("amqp://broker/shop")).toBe("amqp://broker/shop?heartbeat=4");
	expect(withHeartbeat("amqp://broker/shop?heartbeat=5")).toBe("amqp://broker/shop?heartbeat=5");
});

test.each(["not a url", "http://user:secret@broker", "amqp://user:secret@bro ker"])(
	"%s is refused without repeating it",
	(url) => {
		expect(() => addressOf(url)).toThrow(/^The address of RabbitMQ is not a URL like amqp:/);
		expect(() => addressOf(url)).not.toThrow(/secret/);
	},
);

test("a virtual host that is not there is named", () => {
	const error = new Error("Expected ConnectionOpenOk; got <ConnectionClose channel:0>");

	expect(connectionProblem(error, "amqp://ada:secret@broker/my%20shop")).toBe(
		'it has no virtual host "my shop" that ada may use',
	);
});
