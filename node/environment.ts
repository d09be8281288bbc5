import { isIP } from "node:net";
import { asciiHost, isHostName } from "./host-name";

/** Environment variables by name; empty text counts as not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

export const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A value of the environment that can't be used; the message is a sentence for the person who set it. */
export class SettingsError extends Error {
	override readonly name = "SettingsError";

	constructor(variable: string, problem: string) {
		super(`${variable} ${problem}.`);
	}
}

export function optional(env: Environment, variable: string): string | undefined {
	const value = env[variable]?.trim();
	return value === "" ? undefined : value;
}

export function text(env: Environment, variable: string, fallback: string): string {
	return optional(env, variable) ?? fallback;
}

/** Comma-separated; without empty parts. */
export function list(env: Environment, variable: string): string[] {
	return text(env, variable, "")
		.split(",")
		.map((part) => part.trim())
		.filter((part) => part !== "");
}

export function oneOf<const Choice extends string>(
	env: Environment,
	variable: string,
	choices: readonly Choice[],
	fallback: NoInfer<Choice>,
): Choice {
	const value = text(env, variable, fallback);
	const choice = choices.find((candidate) => candidate === value);
	if (choice === undefined)
		throw new SettingsError(variable, `is "${value}", but must be one of ${choices.join(", ")}`);
	return choice;
}

interface Range {
	min: number;
	max: number;
}

export function optionalInteger(env: Environment, variable: string, range: Range): number | undefined {
	const value = optional(env, variable);
	if (value === undefined) return undefined;
	if (!/^\d+$/.test(value)) throw new SettingsError(variable, `is "${value}", but must be a whole number`);
	return inRange(variable, Number(value), range);
}

export function integer(env: Environment, variable: string, range: Range & { default: number }): number {
	return optionalInteger(env, variable, range) ?? range.default;
}

export function decimal(env: Environment, variable: string, range: Range & { default: number }): number {
	const value = optional(env, variable);
	if (value === undefined) return range.default;
	if (!/^\d+(\.\d+)?$/.test(value)) throw new SettingsError(variable, `is "${value}", but must be a number`);
	return inRange(variable, Number(value), range);
}

/** A percent sign that stands for itself, as in a password that nobody has escaped. */
const BARE_PERCENT = /%(?![0-9a-f]{2})/gi;

/** The value itself is never part of the message: a URL may carry a password. */
export function url(env: Environment, variable: string, protocols: readonly string[]): string | undefined {
	const value = optional(env, variable)?.replace(BARE_PERCENT, "%25");
	if (value === undefined) return undefined;
	const parsed = URL.canParse(value) ? new URL(value) : undefined;
	if (!parsed || !protocols.includes(parsed.protocol) || parsed.hostname === "") {
		throw new SettingsError(
			variable,
			`is no URL that starts with ${protocols.map((p) => `${p}//`).join(" or ")} and names a host`,
		);
	}
	const { username, password, hostname, pathname } = parsed;
	if (![username, password, hostname, pathname].every(isUtf8)) {
		throw new SettingsError(variable, "has a name or a password with a percent sign that is no UTF-8 (write % as %25)");
	}
	const host = asciiHost(parsed);
	if (host === hostname) return value;
	if (host === "") throw new SettingsError(variable, "names a host that is no name");
	parsed.hostname = host;
	return parsed.href;
}

function isUtf8(escaped: string): boolean {
	try {
		decodeURIComponent(escaped);
		return true;
	} catch {
		return false;
	}
}

export function origin(variable: string, value: string): string {
	const parsed = URL.canParse(value) ? new URL(value) : undefined;
	if (!parsed || parsed.origin !== value || !isHostName(parsed)) {
		const shown = value.replace(/\/\/[^/]*@/, "//…@");
		throw new SettingsError(variable, `has "${shown}", which is no origin such as https://shop.example`);
	}
	return value;
}

/** Words for whole groups of networks, as Express and proxy-addr know them. */
const NETWORK_WORDS = ["loopback", "linklocal", "uniquelocal"];

export function network(variable: string, value: string): string {
	const [address, bits, ...rest] = value.split("/");
	const family = isIP(address!);
	const isWhole = bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
	if (NETWORK_WORDS.includes(value) || (family > 0 && isWhole && rest.length === 0)) return value;
	throw new SettingsError(
		variable,
		`has "${value}", which is no IP address, no network such as 10.0.0.0/8, and none of ${NETWORK_WORDS.join(", ")}`,
	);
}

function inRange(variable: string, value: number, { min, max }: Range): number {
	if (value < min || value > max) throw new SettingsError(variable, `is ${value}, but must be from ${min} to ${max}`);
	return value;
}
