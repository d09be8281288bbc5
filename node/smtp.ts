import parseAddresses from "nodemailer/lib/addressparser";
import { SettingsError } from "./environment";
import { isHostName } from "./host-name";

/** A server that takes mail. */
export interface SmtpServer {
	host: string;
	port: number;
	/** TLS from the first byte on; without it, STARTTLS where the server offers that. */
	secure: boolean;
	auth: { user: string; pass: string } | undefined;
	/** Rather no mail than one without TLS. */
	requireTLS: boolean;
	/** Whether its certificate has to be by an authority that this machine trusts. */
	rejectUnauthorized: boolean;
}

/** Whom a mail is from. */
export interface Mailbox {
	name: string;
	address: string;
}

/** Where submission listens: RFC 6409, and RFC 8314 for TLS from the first byte on. */
const PORTS = { plain: 587, secure: 465 };

const SWITCHES = ["requireTLS", "tls.rejectUnauthorized"];

const ADDRESS = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/;

/**
 * @param value a URL that starts with smtp:// or smtps:// and names a host, as it comes from `url`
 * @throws {SettingsError} that never holds anything of the value: it has a password
 */
export function smtpServer(variable: string, value: string): SmtpServer {
	const url = new URL(value);
	if (url.hash !== "" || !["", "/"].includes(url.pathname)) {
		throw new SettingsError(
			variable,
			"has more than a host, a port and switches: a / or # in its password is %2F or %23",
		);
	}
	if (!isHostName(url)) throw new SettingsError(variable, "names a host that is no name");
	const { requireTLS = false, "tls.rejectUnauthorized": rejectUnauthorized = true } = switchesOf(variable, url);
	const secure = url.protocol === "smtps:";
	return {
		host: url.hostname.replaceAll(/^\[|\]$/g, ""),
		port: url.port === "" ? PORTS[secure ? "secure" : "plain"] : Number(url.port),
		secure,
		auth: credentialsOf(variable, url),
		requireTLS,
		rejectUnauthorized,
	};
}

/** What a URL may ask for, by the names that Nodemailer gives it. Others could have whole mails logged. */
function switchesOf(variable: string, { searchParams }: URL): Record<string, boolean> {
	const switches = [...searchParams].map(([name, value]): [string, boolean] => {
		if (!SWITCHES.includes(name)) throw new SettingsError(variable, `may have ${SWITCHES.join(" and ")} behind its ?`);
		if (value !== "true" && value !== "false")
			throw new SettingsError(variable, `has a ${name} that is no true or false`);
		return [name, value === "true"];
	});
	return Object.fromEntries(switches);
}

function credentialsOf(variable: string, { username, password }: URL): SmtpServer["auth"] {
	if (username === "" && password === "") return undefined;
	if (username === "") throw new SettingsError(variable, "has a password and no user");
	if (password === "") throw new SettingsError(variable, "has a user and no password");
	return { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
}

/** @param value `shop@shop.example`, or with a name: `The Shop <shop@shop.example>` @throws {SettingsError} */
export function mailbox(variable: string, value: string): Mailbox {
	const [found, ...others] = parseAddresses(value);
	// A line end would begin another header.
	if (found?.address === undefined || others.length > 0 || !ADDRESS.test(found.address) || /\p{Cc}/u.test(value)) {
		throw new SettingsError(
			variable,
			`is "${value}", which is no one address such as shop@shop.example or The Shop <shop@shop.example>`,
		);
	}
	return { name: found.name, address: found.address };
}
