import { readSettings } from "../../../node/settings";
import { mailerOf } from "./mailer";

const PRODUCTION = {
	NODE_ENV: "production",
	JWT_SECRET: "Zm9ydHktdHdvIGlzIHRoZSBhbnN3ZXIgdG8gaXQgYWxs",
	DATABASE_URL: "postgres://db/shop",
};
const SMTP = { SMTP_URL: "smtp://mail.example", MAIL_FROM: "shop@shop.example" };

/** Whether a node of those settings sends mail, and what its log says of it. */
function looksAt(environment: Record<string, string>) {
	const said: string[] = [];
	const logger = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) } as never;
	const mailer = mailerOf(readSettings(environment), logger);
	return { mailer, said };
}

test("without a mail server the link stands in the log of development", async () => {
	const { mailer, said } = looksAt({});

	await mailer!.send(
		{ id: "7", userId: "8", to: "ada@shop.test", subject: "Hello", text: "https://shop/#token=secret", html: "" },
		AbortSignal.timeout(1_000),
	);

	expect(said).toEqual(["Mail to ada@shop.test: Hello\n\nhttps://shop/#token=secret"]);
});

test.each([
	[{ ...PRODUCTION, PUBLIC_URL: "https://shop.example" }, /^No mail is sent, because SMTP_URL is not set: /],
	[{ ...PRODUCTION, ...SMTP, HOST: "0.0.0.0" }, /^No mail with a link is sent, because PUBLIC_URL is not set: /],
])("production sends no mail that goes nowhere, and says so: %j", (environment, sentence) => {
	const { mailer, said } = looksAt(environment);

	expect(mailer).toBeUndefined();
	expect(said).toEqual([expect.stringMatching(sentence)]);
});

test("production with a mail server and an address says nothing, and sends", () => {
	const { mailer, said } = looksAt({ ...PRODUCTION, ...SMTP, PUBLIC_URL: "https://shop.example" });

	expect(mailer).toBeDefined();
	expect(said).toEqual([]);
});
