import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { callbackify } from "node:util";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerError } from "smtp-server";
import { until } from "./until";

/** A mail as a server has it: the addresses of the envelope, what it says, and how it came. */
export interface ReceivedMail extends Email {
	recipients: string[];
	/** By TLS. */
	isSecure: boolean;
	/** Who has signed in. */
	by: string | undefined;
}

export interface SmtpOptions {
	/** Any free one, unless it has to be back where it was. */
	port?: number;
	/** Who may send; without it, anybody. */
	auth?: { user: string; pass: string };
	/** Offers STARTTLS, with a certificate that nobody trusts. */
	tls?: boolean;
	/** So long it lets whoever comes wait. */
	greetsAfterMs?: number;
}

/** What it says instead of taking something: `550 5.1.1 No such user`. */
export type Refusal = `${number} ${string}`;

/** A mail server that is real but for what it does with the mail. */
export interface SmtpStage extends AsyncDisposable {
	port: number;
	/** As SMTP_URL wants it. */
	url: string;
	mails: ReceivedMail[];
	/** What it says to a recipient, or to a whole letter. */
	refuses: { recipient?: Refusal | undefined; letter?: Refusal | undefined };
	/** Takes letters, and goes without a word. */
	hangsUp: boolean;
	/** How often it has said so. */
	refused: number;
	/** Waits for mail to that address with that subject. @returns the newest */
	to(email: string, subject: RegExp, count?: number): Promise<ReceivedMail>;
}

export async function smtpServer({
	port = 0,
	auth,
	tls = false,
	greetsAfterMs = 0,
}: SmtpOptions = {}): Promise<SmtpStage> {
	const server = new SMTPServer({
		disabledCommands: tls ? [] : ["STARTTLS"],
		authOptional: !auth,
		allowInsecureAuth: true,
		disableReverseLookup: true,
		logger: false,
		onConnect(_session, done) {
			setTimeout(done, greetsAfterMs);
		},
		onAuth({ username, password }, _session, done) {
			if (username === auth?.user && password === auth?.pass) done(null, { user: username });
			else done(errorOf("535 5.7.8 Authentication failed"));
		},
		onRcptTo(_recipient, _session, done) {
			done(stage.refuses.recipient && refusal(stage.refuses.recipient));
		},
		onData(stream, { envelope, secure, user }, done) {
			const recipients = envelope.rcptTo.map(({ address }) => address);
			const { letter } = stage.refuses;
			const receive = async (): Promise<void> => {
				const mail = await PostalMime.parse(await text(stream));
				if (letter) throw refusal(letter);
				stage.mails.push({ ...mail, recipients, isSecure: secure, by: user as string | undefined });
				if (stage.hangsUp) for (const { _socket } of server.connections) _socket.destroy();
			};
			callbackify(receive)(done);
		},
	});
	const refusal = (words: Refusal): SMTPServerError => {
		stage.refused++;
		return errorOf(words);
	};
	server.on("error", () => undefined);
	server.listen(port, "127.0.0.1");
	await once(server.server, "listening");
	const listening = (server.server.address() as AddressInfo).port;
	const credentials = auth ? `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.pass)}@` : "";
	const stage: SmtpStage = {
		port: listening,
		url: `smtp://${credentials}127.0.0.1:${listening}`,
		mails: [],
		refuses: {},
		hangsUp: false,
		refused: 0,
		to: async (email, subject, count = 1) => {
			const found = () =>
				stage.mails.filter((mail) => mail.recipients.includes(email) && subject.test(mail.subject ?? ""));
			return until(() => found().length >= count && found().at(-1), { what: `mail to ${email}: ${subject}` });
		},
		[Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
	};
	return stage;
}

/** A server that takes the connection and never says anything. */
export async function silentServer(port = 0): Promise<{ port: number; connections(): number } & AsyncDisposable> {
	const sockets = new Set<net.Socket>();
	let connections = 0;
	const server = net.createServer((socket) => {
		connections++;
		sockets.add(socket.on("error", () => undefined));
	});
	server.listen(port, "127.0.0.1");
	await once(server, "listening");
	return {
		port: (server.address() as AddressInfo).port,
		connections: () => connections,
		async [Symbol.asyncDispose]() {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

function errorOf(refusal: Refusal): SMTPServerError {
	const [, code, words] = /^(\d{3}) (.*)$/.exec(refusal)!;
	return Object.assign(new Error(words), { responseCode: Number(code) });
}
