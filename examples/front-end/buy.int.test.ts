import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { openShop, type Shop } from "../../tests/support/shop";
import { buy } from "./buy";
import { clientOf, ShopError } from "./client";
import { AddToCart, FollowOrder, OpenAccount } from "./documents";

const ROOT = path.resolve(__dirname, "../..");

describe("a front end", () => {
	let shop: Shop;

	beforeAll(async () => {
		shop = await openShop({ events: "postgres" });
		await shop.given.product({ name: "Stoneware Mug", price: 2_200 });
	});
	afterAll(async () => shop[Symbol.asyncDispose]());

	const shopping = async (paymentToken: string) => {
		const said: string[] = [];
		const url = shop.node().url!;
		const status = await buy({ shop: url, search: "mug", paymentToken, say: (line) => said.push(line) });
		return { status, said };
	};

	test("buys something and follows the order to its end", async () => {
		const { status, said } = await shopping("tok_slow");

		expect(status).toBe("CONFIRMED");
		expect(said.slice(0, 2)).toEqual(["Ada has an account.", "Found 1, the first is Stoneware Mug for $22.00."]);
		expect(said[2]).toMatch(/^Order M-\d+ over \$22\.00 is accepted\.$/);
		// From whatever state it has reached when it is followed, without a gap.
		expect("PENDING CART_VALIDATED PAYMENT_PROCESSED CONFIRMED").toContain(said.slice(3).join(" "));
	});

	test("is told why an order has failed", async () => {
		const { status, said } = await shopping("tok_decline");

		expect(status).toBe("COMPENSATED");
		expect(said.at(-1)).toBe("COMPENSATED: PAYMENT_DECLINED");
	});

	test("goes on with a new token when the old one is over, and is told what it may not", async () => {
		const client = clientOf(shop.node().url!);
		const input = { name: "Ada", email: "ada@shop.test", password: "correct horse battery" };
		const { registerUser: session } = await client.ask(OpenAccount, { input });
		client.signIn({ ...session, accessToken: "x.y.z" });
		const lamp = await shop.given.product({ stock: 1 });

		const { addToCart: cart } = await client.ask(AddToCart, { input: { productId: lamp.id, quantity: 1 } });
		const [tooMany, nobodys] = await Promise.allSettled([
			client.ask(AddToCart, { input: { cartId: cart.id, productId: lamp.id, quantity: 1 } }),
			client.follow(FollowOrder, { orderId: lamp.id })[Symbol.asyncIterator]().next(),
		]);

		const refusals = [tooMany, nobodys].map((outcome) => (outcome as PromiseRejectedResult).reason as unknown);
		for (const refusal of refusals) expect(refusal).toBeInstanceOf(ShopError);
		expect(refusals).toMatchObject([{ code: "INSUFFICIENT_STOCK", details: { available: 1 } }, { code: "NOT_FOUND" }]);
	});

	test("is started by the command that the documents name", async () => {
		const { scripts } = JSON.parse(fs.readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
			scripts: Record<string, string>;
		};
		const [command, ...args] = scripts["example:buy"]!.split(" ");
		const { PATH = "" } = process.env;
		const child = spawn(command!, [...args, "mug"], { cwd: ROOT, env: { PATH, SHOP: shop.node().url! } });
		let said = "";
		for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: string) => (said += text));

		const [code] = (await once(child, "close")) as [number];

		expect(said).toMatch(/CONFIRMED\n$/);
		expect(code).toBe(0);
	});
});
