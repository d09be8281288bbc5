import { readSettings } from "../../../node/settings";
import { silentServer, smtpServer, type Refusal, type SmtpStage } from "../../../tests/support/smtp-server";
import type { Mail, Mailer } from "./mailer";
import type { NotSentError } from "./not-sent";
import { smtpMailer, TIMEOUTS } from "./smtp-mailer";

const TOKEN = "Zm9ydHktdHdvIGlzIHRoZSBhbnN3ZXIgdG8gaXQgYWxs";
const LINK = `https://shop.example/reset-password#token=${TOKEN}`;
const MAIL: Mail = {
	id: "5f0c1d2e-3b4a-4968-90a1-b2c3d4e5f607",
	userId: "8",
	to: "ada@shop.test",
	subject: "Wählen Sie ein neues Passwort",
	text: `Hello Ada,\n\n${LINK}\n`,
	html: `<p>Hello <bdi>Ada</bdi>,</p><p><a href="${LINK}">${LINK}</a></p>\n`,
};

const mailerTo = (SMTP_URL: string, MAIL_FROM = "Käse & Co <shop@shop.example>"): Mailer =>
	smtpMailer(readSettings({ SMTP_URL, MAIL_FROM }).mail!);
const send = (mailer: Mailer, mail: Partial<Mail> = {}, withinMs = 10_000) =>
	mailer.send({ ...MAIL, ...mail }, AbortSignal.timeout(withinMs));
const failureOf = (sending: Promise<void>): Promise<NotSentError> =>
	sending.then(
		() => Promise.reject(new Error("It was sent")),
		(error: NotSentError) => error,
	);

test("a mail arrives as text and as HTML, for one person, and nobody's holiday answers to it", async () => {
	await using server = await smtpServer();

	await send(mailerTo(server.url));

	expect(server.mails).toMatchObject([
		{
			from: { name: "Käse & Co", address: "shop@shop.example" },
			to: [{ name: "", address: "ada@shop.test" }],
			recipients: ["ada@shop.test"],
			subject: MAIL.subject,
			text: expect.stringContaining(MAIL.text) as string,
			html: expect.stringContaining(MAIL.html) as string,
			messageId: `<${MAIL.id}@shop.example>`,
			isSecure: false,
		},
	]);
	expect(server.mails[0]!.headers).toContainEqual(
		expect.objectContaining({ key: "auto-submitted", value: "auto-generated" }),
	);
});

test.each([
	["a comma", "ada@shop.test,eve@evil.test"],
	["a line end", "ada@shop.test>\r\nRCPT TO:<eve@evil.test"],
	["a header", "ada@shop.test\r\nBcc: eve@evil.test"],
	["a name", "Eve <eve@evil.test>"],
	["a group", "all:ada@shop.test,eve@evil.test;"],
])("an address with %s in it makes no second one, and holds nobody else up", async (_what, to) => {
	await using server = await smtpServer();

	const { hindrance } = await failureOf(send(mailerTo(server.url), { to }));

	expect(hindrance).toBe("address");
	expect(server.mails).toEqual([]);
});

test("a line end in a subject begins no header", async () => {
	await using server = await smtpServer();

	await send(mailerTo(server.url), { subject: "Hello\r\nBcc: eve@evil.test\r\n\r\nBuy!" });

	expect(server.mails).toMatchObject([
		{ recipients: ["ada@shop.test"], text: expect.stringContaining(MAIL.text) as string },
	]);
	expect(server.mails[0]!.bcc).toBeUndefined();
});

describe("a server that wants to know who sends", () => {
	const auth = { user: "shop@shop.example", pass: "s3cr3t: #/%@?" };
	let server: SmtpStage;
	beforeAll(async () => (server = await smtpServer({ auth })));
	afterAll(() => server[Symbol.asyncDispose]());

	test("is told, whatever characters are in the password", async () => {
		await mailerTo(server.url).reach();
		await send(mailerTo(server.url));

		expect(server.mails).toMatchObject([{ by: auth.user }]);
	});

	test("and refuses the password takes no mail, which waits, and the password is not told", async () => {
		const mailer = mailerTo(server.url.replace("s3cr3t", "wr0ng"));

		for (const failure of [await failureOf(send(mailer)), await failureOf(mailer.reach())]) {
			expect(failure).toMatchObject({
				hindrance: "server",
				message: expect.stringContaining("535 5.7.8 Authentication failed") as string,
			});
			expect(failure.message).not.toContain("wr0ng");
		}
	});
});

describe("a server with STARTTLS, whose certificate nobody trusts", () => {
	let server: SmtpStage;
	beforeAll(async () => (server = await smtpServer({ tls: true })));
	beforeEach(() => (server.mails = []));
	afterAll(() => server[Symbol.asyncDispose]());

	test("gets nothing, as anybody might have it", async () => {
		const { hindrance, message } = await failureOf(send(mailerTo(server.url)));

		expect(hindrance).toBe("server");
		expect(message).toMatch(/certificate/);
		expect(server.mails).toEqual([]);
	});

	test("gets mail by TLS where the operator trusts it", async () => {
		await send(mailerTo(`${server.url}?tls.rejectUnauthorized=false`));

		expect(server.mails).toMatchObject([{ isSecure: true, text: expect.stringContaining(MAIL.text) as string }]);
	});
});

test("where TLS is required, a server without it gets nothing", async () => {
	await using server = await smtpServer();

	const { hindrance } = await failureOf(send(mailerTo(`${server.url}?requireTLS=true`)));

	expect(hindrance).toBe("server");
	expect(server.mails).toEqual([]);
});

describe("what a server says of a letter", () => {
	let server: SmtpStage;
	beforeAll(async () => (server = await smtpServer()));
	afterAll(() => server[Symbol.asyncDispose]());

	test.each<[Refusal, string]>([
		["550 5.1.1 No such user", "never"],
		["552 5.3.4 Too big", "never"],
		["451 4.7.1 Greylisted", "later"],
		["452 4.2.2 Mailbox full", "later"],
		["421 4.3.2 Shutting down", "server"],
	])("%s: that is for %s", async (refusal, hindrance) => {
		for (const what of ["recipient", "letter"]) {
			server.refuses = { [what]: refusal };

			const failure = await failureOf(send(mailerTo(server.url)));

			expect(failure).toMatchObject({ hindrance, message: expect.stringContaining(refusal.slice(4)) as string });
		}
	});

	test.each<[Refusal, string]>([
		["550 No such user", "never"],
		["551 5.1.6 Moved away", "never"],
		["554 5.1.1 No such user", "never"],
		["550 5.1.1 <relay@sender.test>: Recipient address rejected: User unknown", "never"],
		["550 <authentic@shop.test> unknown", "never"],
		["501 5.1.3 Bad recipient address syntax", "never"],
		["556 5.1.10 Domain takes no mail", "never"],
		["550 5.2.1 Mailbox disabled", "never"],
		["554 5.7.1 <ada@shop.test>: Relay access denied", "server"],
		["553 5.7.1 <shop@shop.example>: Sender address rejected: not owned by user shop", "server"],
		["550 5.1.8 <shop@shop.example>: Sender address rejected: Domain not found", "server"],
		["550 5.1.0 <shop@shop.example>: Sender address rejected: User unknown", "server"],
		["554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", "server"],
		["504 5.5.2 <shop>: Helo command rejected: need fully-qualified hostname", "server"],
		["553 sorry, relaying denied from your location (#5.7.1)", "server"],
		["550 relay not permitted", "server"],
		["550 Authentication required", "server"],
		["530 5.7.0 Must issue a STARTTLS command first", "server"],
		["535 5.7.8 Bad credentials", "server"],
		["503 Bad sequence of commands", "server"],
		["554 5.7.1 Access denied", "later"],
		["550 5.7.1 Not by our policy", "later"],
		["553 not to us (#5.7.1)", "later"],
		["554 Transaction failed", "later"],
	])("%s, to the recipient: that is for %s", async (recipient, hindrance) => {
		server.refuses = { recipient };

		expect(await failureOf(send(mailerTo(server.url)))).toMatchObject({ hindrance, mayHaveLeft: false });
	});

	test("554 5.7.1 Spam, to the letter: that is for never", async () => {
		server.refuses = { letter: "554 5.7.1 Spam" };

		expect(await failureOf(send(mailerTo(server.url)))).toMatchObject({ hindrance: "never", mayHaveLeft: false });
	});

	test("goes into the log without what it quotes: the address and the link", async () => {
		server.refuses = { letter: `554 5.7.1 <ada@shop.test>: "${LINK}" looks odd, and ${TOKEN} too` };

		const { message } = await failureOf(send(mailerTo(server.url)));

		expect(message).toContain("554 5.7.1");
		expect(message).toContain("looks odd");
		for (const secret of [TOKEN, "#token", "ada@shop.test", TOKEN.slice(0, 20)]) expect(message).not.toContain(secret);
	});
});

test("a server that lets others wait for its greeting, to see whether they are patient, gets its mail", async () => {
	const [dnsTimeout, connectionTimeout, socketTimeout] = Object.values(TIMEOUTS).map((timeoutMs) => timeoutMs / 10);
	await using server = await smtpServer({ greetsAfterMs: 1_500 });
	const { mail } = readSettings({ SMTP_URL: server.url, MAIL_FROM: "shop@shop.example" });

	await send(smtpMailer(mail!, { dnsTimeout, connectionTimeout, socketTimeout } as typeof TIMEOUTS));

	expect(server.mails).toHaveLength(1);
});

test("a mail may have left where the server has all of it and is gone without a word, and nowhere else", async () => {
	await using server = await smtpServer();
	server.hangsUp = true;

	expect(await failureOf(send(mailerTo(server.url)))).toMatchObject({ hindrance: "server", mayHaveLeft: true });
	expect(server.mails).toHaveLength(1);

	server.refuses = { letter: "421 4.3.2 Shutting down" };
	expect(await failureOf(send(mailerTo(server.url)))).toMatchObject({ hindrance: "server", mayHaveLeft: false });
	expect(await failureOf(send(mailerTo("smtp://127.0.0.1:1")))).toMatchObject({ mayHaveLeft: false });
});

test("a server that is away, or does not say a word, is at fault itself", async () => {
	let port: number;
	{
		await using silent = await silentServer();
		({ port } = silent);
		const silence = await failureOf(send(mailerTo(`smtp://127.0.0.1:${port}`), {}, 300));
		expect(silence.hindrance).toBe("server");
	}

	const absence = await failureOf(send(mailerTo(`smtp://127.0.0.1:${port}`)));

	expect(absence).toMatchObject({ hindrance: "server", message: expect.stringContaining("ECONNREFUSED") as string });
});
