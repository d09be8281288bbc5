import path from "node:path";
import { SettingsError, type Environment } from "./environment";
import { isKnownEmailAddress } from "../mixins/params/emails";
import { trimmed } from "../mixins/params/texts";
import * as read from "./environment";
import { newNodeId } from "./node-id";
import { openAddress } from "./open-address";
import { publicUrl } from "./public-url";
import { mailbox, smtpServer, type Mailbox, type SmtpServer } from "./smtp";

/** The services of the shop; also the words that `SERVICES` takes. */
export const SERVICE_NAMES = ["gateway", "users", "products", "cart", "orders", "payments"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];
/** A service with a schema of its own. */
export type OwningService = Exclude<ServiceName, "gateway">;

/** Everything that the environment decides, checked and typed. README.md says what each variable means. */
export interface Settings {
	production: boolean;
	http: { host: string; port: number; trustedProxies: string[]; corsOrigins: string[]; keepAliveS: number };
	/**
	 * What links in mails begin with, without a slash at its end. `undefined` where nobody has said it: in production, and
	 * on a port that is chosen at the start.
	 */
	publicUrl: string | undefined;
	/** `undefined`: mail goes into the log in development, and nowhere in production. */
	mail: { server: SmtpServer; from: Mailbox } | undefined;
	services: ServiceName[];
	namespace: string;
	nodeId: string;
	/** `undefined`: the embedded database. */
	databaseUrl: string | undefined;
	databaseUrlOf: Partial<Record<OwningService, string>>;
	amqpUrl: string | undefined;
	redisUrl: string | undefined;
	/** Absolute. */
	dataDir: string;
	/** `undefined` in development: made once and kept in `dataDir`. */
	jwtSecret: string | undefined;
	/** Its tokens are good as well, while the secret is changed. */
	jwtOtherSecret: string | undefined;
	admin: { email: string; password: string } | undefined;
	seed: "demo" | "none";
	/** ISO 4217 */
	currency: string;
	metricsPort: number | undefined;
	logLevel: read.LogLevel;
	rateLimitFactor: number;
	bcryptCost: number;
	reservationTtlS: number;
	/** How long each service keeps the events that it has published. */
	eventHistoryDays: number;
	/** How long sagas that have ended are kept, with their logs. */
	sagaHistoryDays: number;
	/** How long what operators gave up for good, letters and events, can be told. */
	discardHistoryDays: number;
	/** How long a request with an idempotency key is known; a checkout is for ever. */
	idempotencyKeyDays: number;
	/** How long a guest's cart waits for somebody to change it. */
	guestCartDays: number;
}

const SECRET_BYTES_MIN = 32;
const BCRYPT_COST_MIN_PRODUCTION = 10;
const PASSWORD_CHARACTERS_MIN = 8;

/** Values that are printed in tutorials and image defaults, and so are no secrets. */
const KNOWN_SECRETS = /^(.)\1+$|change.?me|secret.?key|your.?secret|default|example|molecart|password/i;

/**
 * Reads the settings from the environment.
 * @throws {SettingsError} with one sentence for the first value that can't be used
 */
export function readSettings(env: Environment): Settings {
	const production = read.oneOf(env, "NODE_ENV", ["development", "production", "test"], "development") === "production";
	const services = readServices(env);
	const databaseUrl = read.url(env, "DATABASE_URL", ["postgres:", "postgresql:"]);
	const settings: Settings = {
		production,
		http: {
			host: read.text(env, "HOST", "127.0.0.1"),
			port: read.integer(env, "PORT", { default: 3000, min: 0, max: 65_535 }),
			trustedProxies: read.list(env, "TRUST_PROXY").map((proxy) => read.network("TRUST_PROXY", proxy)),
			corsOrigins: read.list(env, "CORS_ORIGINS").map((origin) => read.origin("CORS_ORIGINS", origin)),
			keepAliveS: read.integer(env, "KEEP_ALIVE_S", { default: 75, min: 1, max: 3_600 }),
		},
		publicUrl: readPublicUrl(env, production),
		mail: readMail(env),
		services,
		namespace: read.text(env, "NAMESPACE", ""),
		nodeId: read.text(env, "NODE_ID", newNodeId()),
		databaseUrl,
		databaseUrlOf: readServiceDatabases(env),
		amqpUrl: read.url(env, "AMQP_URL", ["amqp:", "amqps:"]),
		redisUrl: read.url(env, "REDIS_URL", ["redis:", "rediss:"]),
		dataDir: path.resolve(read.text(env, "DATA_DIR", ".data")),
		jwtSecret: read.optional(env, "JWT_SECRET"),
		jwtOtherSecret: read.optional(env, "JWT_OTHER_SECRET"),
		admin: readAdmin(env),
		seed: read.oneOf(env, "SEED", ["demo", "none"], databaseUrl === undefined ? "demo" : "none"),
		currency: readCurrency(env),
		metricsPort: read.optionalInteger(env, "METRICS_PORT", { min: 0, max: 65_535 }),
		logLevel: read.oneOf(env, "LOG_LEVEL", read.LOG_LEVELS, "info"),
		rateLimitFactor: read.decimal(env, "RATE_LIMIT_FACTOR", { default: 1, min: 0, max: 1_000_000 }),
		bcryptCost: read.integer(env, "BCRYPT_COST", { default: 12, min: 4, max: 15 }),
		reservationTtlS: read.integer(env, "RESERVATION_TTL_S", { default: 900, min: 1, max: 86_400 }),
		eventHistoryDays: read.integer(env, "EVENT_HISTORY_DAYS", { default: 14, min: 1, max: 365 }),
		sagaHistoryDays: read.integer(env, "SAGA_HISTORY_DAYS", { default: 90, min: 1, max: 3_650 }),
		discardHistoryDays: read.integer(env, "DISCARD_HISTORY_DAYS", { default: 365, min: 1, max: 3_650 }),
		idempotencyKeyDays: read.integer(env, "IDEMPOTENCY_KEY_DAYS", { default: 30, min: 1, max: 3_650 }),
		guestCartDays: read.integer(env, "GUEST_CART_DAYS", { default: 90, min: 1, max: 3_650 }),
	};
	refuseUnsafe(settings);
	return settings;
}

/** The database of one service, or `undefined` where it is the embedded one. */
export function databaseUrlOf(settings: Settings, service: OwningService): string | undefined {
	return settings.databaseUrlOf[service] ?? settings.databaseUrl;
}

function readPublicUrl(env: Environment, production: boolean): string | undefined {
	const given = read.optional(env, "PUBLIC_URL");
	if (given !== undefined) return publicUrl("PUBLIC_URL", given);
	const host = read.text(env, "HOST", "127.0.0.1");
	const port = read.integer(env, "PORT", { default: 3000, min: 0, max: 65_535 });
	const listening = openAddress(host, port);
	if (!listening) throw new SettingsError("HOST", `is "${host}", but must be a name or an IP address`);
	return production || port === 0 ? undefined : listening;
}

function readMail(env: Environment): Settings["mail"] {
	const url = read.url(env, "SMTP_URL", ["smtp:", "smtps:"]);
	const from = read.optional(env, "MAIL_FROM");
	const sender = from === undefined ? undefined : mailbox("MAIL_FROM", from);
	if (url === undefined) return undefined;
	if (!sender) throw new SettingsError("MAIL_FROM", "is missing, although SMTP_URL is set");
	return { server: smtpServer("SMTP_URL", url), from: sender };
}

function readServices(env: Environment): ServiceName[] {
	const named = read.list(env, "SERVICES");
	for (const name of named) {
		if (!(SERVICE_NAMES as readonly string[]).includes(name)) {
			throw new SettingsError("SERVICES", `names "${name}", but the services are ${SERVICE_NAMES.join(", ")}`);
		}
	}
	return named.length > 0 ? SERVICE_NAMES.filter((name) => named.includes(name)) : [...SERVICE_NAMES];
}

function readServiceDatabases(env: Environment): Settings["databaseUrlOf"] {
	const urls: Settings["databaseUrlOf"] = {};
	for (const service of SERVICE_NAMES) {
		if (service === "gateway") continue;
		const url = read.url(env, `${service.toUpperCase()}_DATABASE_URL`, ["postgres:", "postgresql:"]);
		if (url) urls[service] = url;
	}
	return urls;
}

function readAdmin(env: Environment): Settings["admin"] {
	const email = trimmed(read.optional(env, "ADMIN_EMAIL") ?? "");
	const password = read.optional(env, "ADMIN_PASSWORD");
	if (!email && !password) return undefined;
	if (!email) throw new SettingsError("ADMIN_EMAIL", "is missing, although ADMIN_PASSWORD is set");
	if (!password) throw new SettingsError("ADMIN_PASSWORD", "is missing, although ADMIN_EMAIL is set");
	// Perhaps of an account that is there: what a new one needs, users say.
	if (!isKnownEmailAddress(email)) throw new SettingsError("ADMIN_EMAIL", `is "${email}", which is no e-mail address`);
	if ([...password].length < PASSWORD_CHARACTERS_MIN) {
		throw new SettingsError("ADMIN_PASSWORD", `is shorter than ${PASSWORD_CHARACTERS_MIN} characters`);
	}
	return { email, password };
}

function readCurrency(env: Environment): string {
	const currency = read.text(env, "CURRENCY", "USD");
	if (!Intl.supportedValuesOf("currency").includes(currency)) {
		throw new SettingsError("CURRENCY", `is "${currency}", which is no ISO 4217 code such as USD or EUR`);
	}
	return currency;
}

function refuseUnsafe(settings: Settings): void {
	const { jwtSecret, jwtOtherSecret } = settings;
	refuseShort("JWT_SECRET", jwtSecret);
	refuseShort("JWT_OTHER_SECRET", jwtOtherSecret);
	if (!settings.production) return;
	if (jwtSecret === undefined) {
		throw new SettingsError(
			"JWT_SECRET",
			`is missing, and production does not start without one (try: openssl rand -base64 48)`,
		);
	}
	refuseKnown("JWT_SECRET", jwtSecret);
	refuseKnown("JWT_OTHER_SECRET", jwtOtherSecret);
	refuseEmbeddedInProduction(settings);
	if (settings.bcryptCost < BCRYPT_COST_MIN_PRODUCTION) {
		throw new SettingsError(
			"BCRYPT_COST",
			`is ${settings.bcryptCost}; in production the least is ${BCRYPT_COST_MIN_PRODUCTION}`,
		);
	}
}

function refuseShort(variable: string, secret: string | undefined): void {
	const bytes = Buffer.byteLength(secret ?? "");
	if (secret === undefined || bytes >= SECRET_BYTES_MIN) return;
	throw new SettingsError(variable, `has ${bytes} bytes, and needs at least ${SECRET_BYTES_MIN}`);
}

function refuseKnown(variable: string, secret: string | undefined): void {
	if (secret === undefined || !KNOWN_SECRETS.test(secret)) return;
	throw new SettingsError(
		variable,
		"is a known default, and production does not start with one (try: openssl rand -base64 48)",
	);
}

function refuseEmbeddedInProduction(settings: Settings): void {
	const homeless = settings.services.find((name) => name !== "gateway" && !databaseUrlOf(settings, name));
	if (homeless || (!settings.amqpUrl && !settings.databaseUrl)) {
		throw new SettingsError("DATABASE_URL", "is missing, and production does not run on the embedded database");
	}
}
