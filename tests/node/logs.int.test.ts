import { onServer } from "../support/postgres-server";
import { testDatabase } from "../support/servers";
import { shopEnvironment } from "../support/shop";
import { startShopProcess } from "../support/shop-process";
import { doorOf } from "../support/shop-door";
import { ADMIN, givenIn } from "../support/shop-given";
import { ORDER_FIELDS, type Order } from "../support/shop-types";
import { until } from "../support/until";

jest.setTimeout(400_000);

test("the log of production holds no password, token, address or e-mail, however much it tells", async () => {
	await using base = await testDatabase();
	const environment: Record<string, string> = {
		...shopEnvironment(base.url, undefined),
		NODE_ENV: "production",
		BCRYPT_COST: "10",
		LOG_LEVEL: "debug",
		PUBLIC_URL: "https://shop.example",
	};
	await using node = await startShopProcess("talkative", environment);
	let log = "";
	for (const stream of [node.child.stdout!, node.child.stderr!]) stream.on("data", (text: string) => (log += text));
	await node.ready();
	const door = doorOf(() => node.url);
	const given = givenIn(door, new Map());

	const lamp = await given.product();
	const ada = await given.customer({ name: "Ada Lovelace-Byron" });
	const cart = await given.cart(ada, { product: lamp, quantity: 1 });
	const address = {
		name: "A. L.",
		line1: "12 St James's Square",
		city: "Londinium",
		postalCode: "SW1Y",
		country: "GB",
	};
	const input = { cartId: cart.id, idempotencyKey: "one", paymentToken: "tok_error_once", shippingAddress: address };
	const { id } = await door.graphql<Order>(
		"mutation ($input: CheckoutInput!) { checkout(input: $input) { id } }",
		{ input },
		ada,
	);
	await until(
		async () => {
			const order = await door.graphql<Order>(`query ($id: ID!) { order(id: $id) { ${ORDER_FIELDS} } }`, { id }, ada);
			return order.status === "CONFIRMED" && order.paymentStatus === "CAPTURED";
		},
		{ what: "the order to be paid", withinMs: 60_000, everyMs: 100 },
	);
	await door.graphql("mutation ($email: String!) { requestPasswordReset(email: $email) }", { email: ada.email });
	await door.graphql("mutation ($t: String) { refreshSession(refreshToken: $t) { expiresIn } }", {
		t: ada.refreshToken,
	});
	await expect(
		door.graphql("mutation ($input: LoginUserInput!) { loginUser(input: $input) { expiresIn } }", {
			input: { email: ada.email, password: "a wrong one, and a secret all the same" },
		}),
	).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
	await expect(door.graphql("{ me { id } }", {}, { ...ada, token: `${ada.token}x` })).rejects.toMatchObject({
		code: "UNAUTHENTICATED",
	});
	await node.end("SIGTERM");

	const secrets = {
		JWT_SECRET: environment["JWT_SECRET"]!,
		"the database's password": `:${new URL(base.url).password}@`,
		"a password": ada.password,
		"a wrong password": "a secret all the same",
		"the administrator's password": ADMIN.password,
		"an access token": ada.token.split(".")[2]!,
		"a refresh token": ada.refreshToken,
		"a payment token": "tok_error_once",
		"a street": address.line1,
		"a city": address.city,
		"a name": ada.name,
		"an e-mail address": ada.email,
		"a link": "#token=",
	};
	const found = Object.entries(secrets).filter(([, secret]) => secret !== "" && log.includes(secret));
	expect(log.length).toBeGreaterThan(5_000);
	expect(found.map(([what]) => what)).toEqual([]);
	expect(log.match(/No mail is sent, because SMTP_URL is not set/g)).toHaveLength(1);
	// Nobody has taken them: a node with a mail server would.
	const mails = await onServer(base.url, (client) => client.query("SELECT FROM users.mails WHERE attempts = 0"));
	expect(mails.rowCount).toBe(2);
});
