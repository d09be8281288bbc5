import { setTimeout as pause } from "node:timers/promises";
import { Errors } from "moleculer";
import type { Database } from "../../mixins/database/database";
import { sql } from "../../mixins/database/statement";
import { removeOldest, type Rule } from "../../mixins/retention/clear-away";
import { networkOf } from "../../mixins/access/network";

/** Too often: the same again succeeds after `retryAfter` seconds. */
export class RateLimitedError extends Errors.MoleculerClientError {
	constructor(retryAfterS: number) {
		super(`Too many attempts, please try again in ${retryAfterS} seconds`, 429, "RATE_LIMITED", {
			retryAfter: retryAfterS,
		});
	}
}

/** How many attempts a key has in a window. */
interface Limit {
	key: string;
	attemptsMax: number;
	windowS: number;
}

const LOGIN_WINDOW_S = 15 * 60;
const REGISTRATION_WINDOW_S = 60 * 60;
const MAIL_WINDOW_S = 60 * 60;

// Taken before it is tried, so that attempts at the same time can't all slip through; shared by all nodes.
const take = sql(
	"users.attempts.take",
	`INSERT INTO users.attempts AS a (key, count, window_ends_at) VALUES ($1, 1, now() + $2 * interval '1 second')
	ON CONFLICT (key) DO UPDATE SET
		count = CASE WHEN a.window_ends_at < now() THEN 1 ELSE a.count + 1 END,
		window_ends_at = CASE WHEN a.window_ends_at < now() THEN EXCLUDED.window_ends_at ELSE a.window_ends_at END
	RETURNING count, ceil(extract(epoch FROM window_ends_at - now()))::int AS "leftS"`,
);
const giveBack = sql(
	"users.attempts.give_back",
	"UPDATE users.attempts SET count = count - 1 WHERE key = ANY ($1) AND count > 0",
);
const forgetOld = sql(
	"users.attempts.forget_old",
	removeOldest("users.attempts", "window_ends_at", "window_ends_at < now() - interval '1 day'"),
);

/** Somebody at the door; the address is missing for calls from within the cluster. */
export interface Visitor {
	address: string | undefined;
	/** As it is compared, not as it was written. */
	account: string;
}

/** @throws {RateLimitedError} after 30 registrations from one address in an hour */
export async function limitRegistrations(db: Database, factor: number, address: string | undefined): Promise<void> {
	if (address === undefined) return;
	await takeAll(db, factor, [
		{ key: `register ${networkOf(address)}`, attemptsMax: 30, windowS: REGISTRATION_WINDOW_S },
	]);
}

/**
 * Counts a login until it has succeeded: 10 failures for an account from one address, 50 from one address. From
 * everywhere together an account only gets slower, or a stranger could lock its owner out.
 * @returns what to call after a success, so that only failures count
 * @throws {RateLimitedError}
 */
export async function limitLogins(
	db: Database,
	factor: number,
	{ address, account }: Visitor,
): Promise<() => Promise<void>> {
	const anywhere = { key: `login ${account}`, attemptsMax: Infinity, windowS: LOGIN_WINDOW_S };
	const network = address === undefined ? "" : networkOf(address);
	const here = [
		{ key: `login ${account} ${network}`, attemptsMax: 10, windowS: LOGIN_WINDOW_S },
		{ key: `login ${network}`, attemptsMax: 50, windowS: LOGIN_WINDOW_S },
	];
	const limits = address === undefined ? [anywhere] : [...here, anywhere];
	if (factor === 0) return async () => undefined;
	const counts = await takeAll(db, factor, limits);
	await pause(delayMs(counts.at(-1)!));
	return async () => void (await db.change(giveBack, [limits.map(({ key }) => key)]));
}

/**
 * Mail that a stranger can make us send: 5 an hour to an account for one address, 20 for one address, and 10 to an
 * account from everywhere. The last is no refusal: its owner has ten good links by then.
 * @returns whether one more may be sent
 * @throws {RateLimitedError}
 */
export async function limitMails(db: Database, factor: number, { address, account }: Visitor): Promise<boolean> {
	const network = address === undefined ? "" : networkOf(address);
	const here = [
		{ key: `mail ${network}`, attemptsMax: 20, windowS: MAIL_WINDOW_S },
		{ key: `mail ${account} ${network}`, attemptsMax: 5, windowS: MAIL_WINDOW_S },
	];
	const anywhere = { key: `mail ${account}`, attemptsMax: Infinity, windowS: MAIL_WINDOW_S };
	const counts = await takeAll(db, factor, [...(address === undefined ? [] : here), anywhere]);
	return factor === 0 || counts.at(-1)! <= 10 * factor;
}

/**
 * Counts a secret from a mail until it was right: 30 wrong ones from one address in an hour.
 * @returns what to call after a success
 * @throws {RateLimitedError}
 */
export async function limitTokens(
	db: Database,
	factor: number,
	address: string | undefined,
): Promise<() => Promise<void>> {
	if (address === undefined || factor === 0) return async () => undefined;
	const key = `token ${networkOf(address)}`;
	await takeAll(db, factor, [{ key, attemptsMax: 30, windowS: MAIL_WINDOW_S }]);
	return async () => void (await db.change(giveBack, [[key]]));
}

/** Nothing for the first ten failures, then twice as long for each ten more, 5 s at most. */
function delayMs(failures: number): number {
	return failures <= 10 ? 0 : Math.min(5_000, 100 * 2 ** Math.floor((failures - 10) / 10));
}

async function takeAll(db: Database, factor: number, limits: readonly Limit[]): Promise<number[]> {
	if (factor === 0) return [];
	const counts: number[] = [];
	for (const { key, attemptsMax, windowS } of limits) {
		const [taken] = await db.change<{ count: number; leftS: number }>(take, [key, windowS], { about: [key] });
		if (taken!.count > attemptsMax * factor) throw new RateLimitedError(Math.max(1, taken!.leftS));
		counts.push(taken!.count);
	}
	return counts;
}

/** Windows that are long over. */
export const oldAttempts: Rule = { what: "windows of rate limits", remove: forgetOld };
