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

test.each([
	"http://localhost:3000",
	"http://127.0.0.1",
	"https://[::1]:3000/de",
	"http://shop.localhost",
	"http://127.1",
])("production whose links can be opened by its own machine alone sends them, and says so once: %s", (PUBLIC_URL) => {
	const { mailer, said } = looksAt({ ...PRODUCTION, ...SMTP, PUBLIC_URL });

	expect(mailer).toBeDefined();
	expect(said).toEqual([
		expect.stringMatching(/^Links in mails begin with http.*, and only this machine can open them/),
	]);
});

test("development says nothing of it", () => {
	expect(looksAt({ ...SMTP, PUBLIC_URL: "http://localhost:3000" }).said).toEqual([]);
});

test("production with a mail server and an address says nothing, and sends", () => {
	const { mailer, said } = looksAt({ ...PRODUCTION, ...SMTP, PUBLIC_URL: "https://shop.example" });

	expect(mailer).toBeDefined();
	expect(said).toEqual([]);
});
