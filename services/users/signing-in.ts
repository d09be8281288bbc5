import type { Context } from "moleculer";
import { callerOf, type CallerMeta } from "../../mixins/access/access";
import { giveCookie } from "../../mixins/access/session-cookie";
import { ACCESS_TOKEN_TTL_S, signAccessToken } from "../../mixins/access/token";
import type { Transaction } from "../../mixins/database/database";
import { hint } from "../../mixins/hint";
import { findByEmail, keyOf } from "./find-account";
import { forgetTokens } from "./mail/mail-tokens";
import { hashPassword, passwordMatches, refuseWeakPassword } from "./passwords";
import { limitLogins } from "./rate-limits";
import {
	closeAllSessions,
	closeOwnSession,
	closeSession,
	openSession,
	REFRESH_TOKEN_TTL_S,
	rotate,
	sessionsOf,
	type OpenSession,
	type SessionRow,
} from "./sessions";
import {
	InvalidCredentialsError,
	InvalidRefreshTokenError,
	NoRefreshTokenError,
	SessionNotFoundError,
	WrongPasswordError,
} from "./users.errors";
import type { UserRow } from "./users.model";
import type { UsersService } from "./users.service";
import { viewOf, type UserView } from "./users.view";

/** What GraphQL calls AuthPayload. */
export interface AuthPayload {
	accessToken: string;
	/** Empty where it went into a cookie. */
	refreshToken: string;
	/** Seconds. */
	expiresIn: number;
	user: UserView;
}

type LoginParams = { email: string; password: string; cartId?: string };

export async function login(this: UsersService, ctx: Context<LoginParams, CallerMeta>): Promise<AuthPayload> {
	const { email, password, cartId } = ctx.params;
	const visitor = { address: ctx.meta.address, account: keyOf(email) };
	const succeeded = await limitLogins(this.db, this.rateLimitFactor, visitor);
	const found = await findByEmail(this, email);
	if (!(await passwordMatches(password, found?.passwordHash, this.bcryptCost)) || !found)
		throw new InvalidCredentialsError();
	await succeeded();
	await joinGuestCart(this, ctx, found.id, cartId);
	return signedIn(this, ctx, viewOf(found));
}

export async function signedIn(
	service: UsersService,
	ctx: Context<unknown, CallerMeta>,
	user: UserView,
): Promise<AuthPayload> {
	return authPayload(service, ctx, user, await openSession(service.db, user.id, ctx.meta.userAgent ?? null));
}

type TokenContext = Context<{ refreshToken?: string }, CallerMeta>;

export async function refreshSession(this: UsersService, ctx: TokenContext): Promise<AuthPayload> {
	const rotation = await rotate(this.db, tokenOf(ctx));
	if ("refused" in rotation) {
		tellEnded(this, rotation.ended);
		throw new InvalidRefreshTokenError();
	}
	const user = (await this.adapter.findById(rotation.userId)) as UserRow | null;
	if (!user) throw new InvalidRefreshTokenError();
	return authPayload(this, ctx, viewOf(user), rotation);
}

/** Says true also for a token that is not known: it is certainly not valid any more. */
export async function logout(this: UsersService, ctx: TokenContext): Promise<boolean> {
	tellEnded(this, await closeSession(this.db, tokenOf(ctx)));
	takeCookieAway(ctx.meta);
	return true;
}

type ChangeParams = { currentPassword: string; newPassword: string };

export async function changePassword(this: UsersService, ctx: Context<ChangeParams, CallerMeta>): Promise<boolean> {
	const caller = callerOf(ctx as Context<never, CallerMeta>);
	const { currentPassword, newPassword } = ctx.params;
	refuseWeakPassword(newPassword, "newPassword");
	const found = (await this.adapter.findById(caller.id)) as UserRow | null;
	// A stolen access token must not be worth more guesses than none.
	const visitor = { address: ctx.meta.address, account: found?.emailKey ?? caller.id };
	const succeeded = await limitLogins(this.db, this.rateLimitFactor, visitor);
	const isRight = await passwordMatches(currentPassword, found?.passwordHash, this.bcryptCost);
	if (!isRight) throw new WrongPasswordError();
	await succeeded();
	await setPassword(this, caller.id, newPassword);
	takeCookieAway(ctx.meta);
	return true;
}

/**
 * Whoever knew the old one is out: each session of the user ends, and no link to choose another one is good any more.
 * @param may throws, in the same transaction, if it must not be
 */
export async function setPassword(
	service: UsersService,
	userId: string,
	password: string,
	may: (tx: Transaction) => Promise<void> = async () => undefined,
): Promise<void> {
	const passwordHash = await hashPassword(password, service.bcryptCost);
	const ended = await service.db.transaction(async (tx) => {
		const closed = await closeAllSessions(tx, userId);
		await may(tx);
		await forgetTokens(tx, "RESET_PASSWORD", userId);
		const { model } = service as unknown as { model: { update(values: object, options: object): Promise<unknown> } };
		await model.update({ passwordHash }, { where: { id: userId }, transaction: tx.forModels });
		return closed;
	});
	tellEnded(service, ended);
}

export async function mySessions(
	this: UsersService,
	ctx: Context<unknown, CallerMeta>,
): Promise<(SessionRow & { current: boolean })[]> {
	const rows = await sessionsOf(this.db, callerOf(ctx as Context<never, CallerMeta>).id);
	return rows.map((row) => ({ ...row, current: row.id === ctx.meta.sessionId }));
}

/** Ended already, or somebody else's: both are as good as none. */
export async function endSession(this: UsersService, ctx: Context<{ id: string }, CallerMeta>): Promise<boolean> {
	const ended = await closeOwnSession(this.db, ctx.params.id, callerOf(ctx as Context<never, CallerMeta>).id);
	if (ended.length === 0) throw new SessionNotFoundError(ctx.params.id);
	tellEnded(this, ended);
	return true;
}

/** The gateways still hold access tokens of these sessions for good, and sockets open. They ask, too. */
function tellEnded(service: UsersService, sessionIds: readonly string[]): void {
	if (sessionIds.length > 0) hint(service, "sessions.ended", { sessionIds });
}

function tokenOf({ params, meta }: TokenContext): string {
	const token = params.refreshToken ?? meta.browserSession?.refreshToken;
	if (token === undefined) throw new NoRefreshTokenError();
	return token;
}

function authPayload(
	service: UsersService,
	{ meta }: { meta: CallerMeta },
	user: UserView,
	{ sessionId, refreshToken }: OpenSession,
): AuthPayload {
	if (meta.browserSession) giveCookie(meta, meta.browserSession, { refreshToken, maxAgeS: REFRESH_TOKEN_TTL_S });
	return {
		accessToken: signAccessToken(user, service.jwtSecret, { sessionId, shopId: service.shopId() }),
		refreshToken: meta.browserSession ? "" : refreshToken,
		expiresIn: ACCESS_TOKEN_TTL_S,
		user,
	};
}

export function takeCookieAway(meta: CallerMeta): void {
	if (meta.browserSession) giveCookie(meta, meta.browserSession, { refreshToken: "", maxAgeS: 0 });
}

/** Signing in must not fail because the cart service is away; the guest's cart stays where it is. */
export async function joinGuestCart(
	service: UsersService,
	ctx: Context<unknown, CallerMeta>,
	userId: string,
	cartId: string | undefined,
): Promise<void> {
	if (!cartId) return;
	try {
		await ctx.call("cart.joinGuest", { cartId, userId });
	} catch (error) {
		service.logger.warn(
			`The guest's cart of user ${userId} could not be joined to their own:`,
			(error as Error).message,
		);
	}
}
