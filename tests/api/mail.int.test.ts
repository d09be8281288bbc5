import { randomUUID } from "node:crypto";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { openShop, type Shop } from "../support/shop";
import type { Account } from "../support/shop-types";
import { silentServer, smtpServer, type SmtpStage } from "../support/smtp-server";
import { until } from "../support/until";
import { mailboxOf, tokenIn } from "./mailbox";
import { rawGraphQL } from "./raw-request";

const REQUEST_RESET = "mutation ($email: String!) { requestPasswordReset(email: $email) }";
const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) }";
const VERIFY = "mutation ($token: String!) { verifyEmail(token: $token) }";
const CHOOSE = /new password/;
const CONFIRM = /Confirm/;
const IS_BACK = "The mail server takes mail again";

describe("mail", () => {
	let shop: Shop;
	let mailbox: SmtpStage;

	beforeAll(async () => {
		mailbox = await smtpServer();
		shop = await openShop({
			events: "postgres",
			settings: {
				PUBLIC_URL: "https://shop.example/de/",
				SMTP_URL: mailbox.url,
				MAIL_FROM: "The Shop <mail@shop.example>",
			},
		});
	});
	beforeEach(() => (mailbox.refuses = {}));
	afterAll(async () => {
		await shop[Symbol.asyncDispose]();
		await mailbox[Symbol.asyncDispose]();
	});

	const forgets = (email: string) => shop.door.graphql<boolean>(REQUEST_RESET, { email });
	const resets = (token: string, newPassword: string) =>
		shop.door.graphql<boolean>(RESET, { input: { token, newPassword } });
	const verifies = (token: string) => shop.door.graphql<boolean>(VERIFY, { token });
	const me = (as: Account) => shop.door.graphql<{ emailVerified: boolean }>("{ me { emailVerified } }", {}, as);
	const linkFor = async (account: Account, count?: number) => {
		await forgets(account.email);
		return tokenIn(await mailbox.to(account.email, CHOOSE, count));
	};

	test("whoever reads the account's mail chooses its password, and everybody else is out", async () => {
		const ada = await shop.given.customer();
		let closedWith: number | undefined;
		let isOpen = false;
		const socket = createClient({
			url: `${shop.node().url!.replace("http", "ws")}/graphql`,
			webSocketImpl: WebSocket,
			retryAttempts: 0,
			lazy: false,
			connectionParams: { authorization: `Bearer ${ada.token}` },
			onNonLazyError: () => undefined,
			on: {
				connected: () => (isOpen = true),
				closed: (event) => (closedWith = (event as { code: number }).code),
			},
		});
		await until(() => isOpen, { what: "the socket to be open" });

		const token = await linkFor(ada);
		expect(await resets(token, "a new horse battery")).toBe(true);

		await until(() => closedWith === 4403, { what: "the socket to be closed" });
		await socket.dispose();
		await expect(me(ada)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
		await expect(shop.when.signsIn(ada)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
		expect((await shop.when.signsIn({ ...ada, password: "a new horse battery" })).id).toBe(ada.id);
		const { rows } = await shop.database.query(
			"SELECT 1 FROM users.refresh_tokens WHERE user_id = $1 AND revoked_at IS NULL",
			[ada.id],
		);
		expect(rows).toHaveLength(1);
	});

	test("over REST a password is reset and an address confirmed by the same rules", async () => {
		const ada = await shop.given.customer();
		const post = (path: string, body: object, as?: Account) =>
			shop.door.rest("POST", path, { body, ...(as && { as }) });
		const answered = [];

		answered.push(await post("/email-verification/request", {}, ada));
		const confirmation = { token: tokenIn(await mailbox.to(ada.email, CONFIRM, 2)) };
		answered.push(await post("/email-verification", confirmation));
		const verified = await me(ada);
		answered.push(await post("/password-reset/request", { email: ada.email }));
		const reset = { token: tokenIn(await mailbox.to(ada.email, CHOOSE)), newPassword: "a new horse battery" };
		const weak = await post("/password-reset", { ...reset, newPassword: "password" });
		answered.push(await post("/password-reset", reset));
		const again = await post("/password-reset", reset);
		// It says what is so, however often it is asked.
		answered.push(await post("/email-verification", confirmation));

		expect(answered.map(({ status, body }) => [status, body])).toEqual(Array.from({ length: 5 }, () => [200, true]));
		expect(verified).toEqual({ emailVerified: true });
		expect(weak.body).toMatchObject({ error: { code: "BAD_USER_INPUT", fields: [{ field: "newPassword" }] } });
		expect(again).toMatchObject({
			status: 400,
			body: { error: { code: "BAD_USER_INPUT", fields: [{ field: "token" }] } },
		});
		await expect(shop.when.signsIn(ada)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
		expect((await shop.when.signsIn({ ...ada, password: "a new horse battery" })).id).toBe(ada.id);
	});

	test("a link is good once, and the others that were sent are not good after it", async () => {
		const ada = await shop.given.customer();
		const [first, second] = [await linkFor(ada), await linkFor(ada, 2)];
		expect(first).not.toBe(second);

		const answers = await Promise.allSettled([1, 2, 3].map((n) => resets(second, `the horse battery ${n}`)));

		expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		for (const token of [first, second]) {
			await expect(resets(token, "yet another battery")).rejects.toMatchObject({
				code: "BAD_USER_INPUT",
				details: { fields: [{ field: "token" }] },
			});
		}
	});

	test("a link that is too old, of another kind or made up is refused, and a weak password before it", async () => {
		const ada = await shop.given.customer();
		const token = await linkFor(ada);
		const verification = tokenIn(await mailbox.to(ada.email, CONFIRM));

		await expect(resets(token, "password")).rejects.toMatchObject({ details: { fields: [{ field: "newPassword" }] } });
		for (const wrong of [verification, "x".repeat(43), `${token}x`]) {
			await expect(resets(wrong, "a new horse battery")).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
		}
		await shop.database.query("UPDATE users.mail_tokens SET expires_at = now() WHERE user_id = $1", [ada.id]);
		await expect(resets(token, "a new horse battery")).rejects.toMatchObject({ code: "BAD_USER_INPUT" });

		expect((await shop.when.signsIn(ada)).id).toBe(ada.id);
	});

	test("a changed password makes the links good for nothing", async () => {
		const ada = await shop.given.customer();
		const token = await linkFor(ada);
		const input = { currentPassword: ada.password, newPassword: "another horse battery" };
		await shop.door.graphql(
			"mutation ($input: ChangePasswordInput!) { changePassword(input: $input) }",
			{ input },
			ada,
		);

		await expect(resets(token, "a new horse battery")).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
	});

	test("an unknown address gets the same answer by the same statements, and no mail", async () => {
		const ada = await shop.given.customer();
		const unknown = `${randomUUID()}@shop.test`;
		const ask = (email: string) => rawGraphQL(shop.node().url!, REQUEST_RESET, { email });

		const answers = [await ask(unknown), await ask(ada.email)];

		expect(answers[0]!.text).toBe(answers[1]!.text);
		expect(answers[0]!.status).toBe(answers[1]!.status);
		await mailbox.to(ada.email, CHOOSE);
		await until(async () => (await shop.database.query("SELECT 1 FROM users.mails")).rows.length === 0, {
			what: "no mail to wait any more",
		});
		expect(mailbox.mails.filter(({ recipients }) => recipients.includes(unknown))).toEqual([]);
	});

	test("a mail that could not be sent in time is given up and gone, and no link was made for it", async () => {
		const ada = await shop.given.customer();
		await mailbox.to(ada.email, CONFIRM);
		const id = randomUUID();

		await shop.database.query(
			`INSERT INTO users.mails (id, kind, email_key, attempts, expires_at)
			SELECT $1, 'RESET_PASSWORD', email_key, 9, now() FROM users.users WHERE id = $2`,
			[id, ada.id],
		);

		await until(
			async () => (await shop.database.query("SELECT FROM users.mails WHERE id = $1", [id])).rows.length === 0,
			{ what: "the mail to be gone" },
		);
		expect(mailbox.mails.filter(({ messageId }) => messageId!.includes(id))).toEqual([]);
		const links = "SELECT FROM users.mail_tokens WHERE user_id = $1 AND kind = 'RESET_PASSWORD'";
		expect((await shop.database.query(links, [ada.id])).rows).toEqual([]);
	});

	test("nothing that would open an account is kept", async () => {
		const ada = await shop.given.customer();
		const token = await linkFor(ada);

		const { rows } = await shop.database.query<{ row: string }>(
			"SELECT t::text AS row FROM users.mail_tokens t UNION ALL SELECT m::text FROM users.mails m",
		);

		expect(rows.length).toBeGreaterThan(0);
		expect(rows.map(({ row }) => row).join()).not.toContain(token);
	});

	test("a new account is asked whether the address is its own, and the answer shows", async () => {
		const ada = await shop.given.customer();
		expect(await me(ada)).toEqual({ emailVerified: false });
		const mail = await mailbox.to(ada.email, CONFIRM);
		const link = `https://shop.example/de/verify-email#token=${tokenIn(mail)}`;
		expect(mail.text).toContain(`\n${link}\n`);
		expect(mail.html).toContain(`href="${link}"`);
		expect(mail).toMatchObject({
			recipients: [ada.email],
			from: { name: "The Shop", address: "mail@shop.example" },
			messageId: expect.stringMatching(/^<[\da-f-]{36}@shop\.example>$/) as string,
		});

		expect(await verifies(tokenIn(mail))).toBe(true);

		expect(await me(ada)).toEqual({ emailVerified: true });
		expect(await verifies(tokenIn(mail))).toBe(true);
		await shop.database.query("UPDATE users.mail_tokens SET expires_at = now() WHERE user_id = $1", [ada.id]);
		await expect(verifies(tokenIn(mail))).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
		expect(await me(await shop.given.admin())).toEqual({ emailVerified: true });
	});

	test("who has lost that mail gets another one, and who has confirmed gets none", async () => {
		const [ada, bob] = [await shop.given.customer(), await shop.given.customer()];
		const again = (as: Account) => shop.door.graphql("mutation { requestEmailVerification }", {}, as);
		await verifies(tokenIn(await mailbox.to(bob.email, CONFIRM)));
		await mailbox.to(ada.email, CONFIRM);

		await again(bob);
		await again(ada);

		await mailbox.to(ada.email, CONFIRM, 2);
		expect(mailbox.mails.filter(({ recipients }) => recipients.includes(bob.email))).toHaveLength(1);
	});

	/** What waits for that account, and whether it was tried and put off: what is on its way is leased for longer. */
	const waitingFor = async (account: Account): Promise<{ kind: string; isPutOff: boolean }[]> =>
		(
			await shop.database.query<{ kind: string; isPutOff: boolean }>(
				`SELECT kind, attempts > 0 AND due_at < now() + interval '30 seconds' AS "isPutOff"
				FROM users.mails JOIN users.users USING (email_key) WHERE users.id = $1`,
				[account.id],
			)
		).rows;
	const nothingWaitsFor = (account: Account) =>
		until(async () => (await waitingFor(account)).length === 0, { what: "no mail to wait any more" });
	const isPutOff = (account: Account) =>
		until(async () => (await waitingFor(account))[0]?.isPutOff, { what: "the mail to be put off" });
	/** Links that would reset that account's password, whether anybody has them or not. */
	const linksOf = async ({ id }: Account): Promise<number> => {
		const links = "SELECT FROM users.mail_tokens WHERE user_id = $1 AND kind = 'RESET_PASSWORD'";
		return (await shop.database.query(links, [id])).rows.length;
	};
	const noLinkIsLeft = (account: Account) =>
		until(async () => (await linksOf(account)) === 0, { what: "no link to be left of what was not sent" });
	/** A customer of whom no mail waits. */
	const confirming = async (): Promise<Account> => {
		const account = await shop.given.customer();
		await mailbox.to(account.email, CONFIRM);
		await nothingWaitsFor(account);
		return account;
	};

	test.each(["recipient", "letter"] as const)(
		"a mail of which the server wants the %s later is sent later",
		async (what) => {
			const ada = await confirming();
			mailbox.refuses = { [what]: "451 4.7.1 Greylisted, come again" };
			await forgets(ada.email);
			await isPutOff(ada);
			await noLinkIsLeft(ada);

			mailbox.refuses = {};

			expect(await resets(tokenIn(await mailbox.to(ada.email, CHOOSE)), "a new horse battery")).toBe(true);
			await nothingWaitsFor(ada);
		},
	);

	test.each(["recipient", "letter"] as const)(
		"a mail of which the server refuses the %s for good is given up",
		async (what) => {
			const ada = await confirming();
			const { refused } = mailbox;
			mailbox.refuses = { [what]: "550 5.1.1 No such user" };

			await forgets(ada.email);

			await until(() => mailbox.refused > refused, { what: "the refusal" });
			await nothingWaitsFor(ada);
			expect(mailbox.refused).toBe(refused + 1);
			expect(await linksOf(ada)).toBe(0);
		},
	);

	test("while the server is away, or says nothing, mail waits and everything else goes on", async () => {
		const { port } = mailbox;
		const [ada, bob, carol] = [await confirming(), await confirming(), await confirming()];
		await shop.database.query("UPDATE users.users SET email = 'carol@shop.test,eve@evil.test' WHERE id = $1", [
			carol.id,
		]);
		const { logger } = shop.node().broker.getLocalService("users");
		const told = jest.spyOn(logger, "info");
		await mailbox[Symbol.asyncDispose]();

		await forgets(ada.email);
		await isPutOff(ada);
		await noLinkIsLeft(ada);
		// Hers is given up, since it can be addressed to nobody, and that says nothing of the server.
		await forgets(carol.email);
		await nothingWaitsFor(carol);
		expect(await linksOf(carol)).toBe(0);
		expect(told).not.toHaveBeenCalledWith(IS_BACK);
		{
			await using silent = await silentServer(port);
			await until(() => silent.connections() > 0, { what: "the silent server to be asked" });
			await forgets(bob.email);
			expect(await shop.when.signsIn(ada)).toMatchObject({ id: ada.id });
			expect(await waitingFor(bob)).toEqual([{ kind: "RESET_PASSWORD", isPutOff: false }]);
		}
		mailbox = await smtpServer({ port });

		const links = [await mailbox.to(ada.email, CHOOSE), await mailbox.to(bob.email, CHOOSE)].map(tokenIn);
		expect(await Promise.all(links.map((link) => resets(link, "a new horse battery")))).toEqual([true, true]);
		for (const account of [ada, bob]) await nothingWaitsFor(account);
		expect(told).toHaveBeenCalledWith(IS_BACK);
		told.mockRestore();
	});

	test("mail that was not sent when the node stopped is sent by the next one", async () => {
		const ada = await confirming();
		mailbox.refuses = { recipient: "451 4.3.0 Not now" };
		await forgets(ada.email);
		await isPutOff(ada);

		await shop.restart();
		mailbox.refuses = {};

		expect(tokenIn(await mailbox.to(ada.email, CHOOSE))).toMatch(/^[\w-]{43}$/);
	});

	test("a node that died between the server's yes and striking the mail out costs one more of it, under the same id", async () => {
		const ada = await confirming();
		const id = randomUUID();
		// As it stands then: tried once, and nobody's when its lease is over.
		await shop.database.query(
			`INSERT INTO users.mails (id, kind, email_key, attempts, due_at, expires_at)
			SELECT $1, 'RESET_PASSWORD', email_key, 1, now(), now() + interval '1 hour' FROM users.users WHERE id = $2`,
			[id, ada.id],
		);

		const mail = await mailbox.to(ada.email, CHOOSE);

		await nothingWaitsFor(ada);
		expect(mail.messageId).toBe(`<${id}@shop.example>`);
		expect(mailbox.mails.filter(({ messageId }) => messageId === mail.messageId)).toHaveLength(1);
	});
});

describe("asking for mail", () => {
	test("has limits for an address and for an account, and no stranger keeps the owner from a link", async () => {
		await using shop = await openShop({
			events: "postgres",
			settings: { RATE_LIMIT_FACTOR: "1", TRUST_PROXY: "127.0.0.1" },
		});
		const mailbox = mailboxOf(shop);
		const ada = await shop.given.customer();
		const ask = async (email: string, address: string) => {
			const answer = await rawGraphQL(shop.node().url!, REQUEST_RESET, { email }, { "x-forwarded-for": address });
			return answer.errors[0]?.extensions.code ?? "ok";
		};
		const times = async (count: number, email: () => string, address: string) => {
			const answers = [];
			for (let time = 0; time < count; time++) answers.push(await ask(email(), address));
			return answers.filter((code) => code === "RATE_LIMITED").length;
		};

		expect(await times(7, () => ada.email, "203.0.113.1")).toBe(2);
		expect(await times(7, () => "nobody@shop.test", "203.0.113.2")).toBe(2);
		expect(await times(22, () => `${randomUUID()}@shop.test`, "203.0.113.3")).toBe(2);
		expect(await times(12, () => ada.email, "203.0.113.4")).toBe(7);
		expect(await ask(ada.email, "203.0.113.5")).toBe("ok");

		const mail = await mailbox.to(ada.email, CHOOSE, 10);
		expect(await shop.door.graphql(RESET, { input: { token: tokenIn(mail), newPassword: "a new horse" } })).toBe(true);
		expect(mailbox.mails.filter(({ to, subject }) => to === ada.email && CHOOSE.test(subject))).toHaveLength(10);
	});
});
